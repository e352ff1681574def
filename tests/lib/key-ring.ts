import { createCipheriv, randomBytes, scryptSync } from "node:crypto";
import { concat, keccak256, toHex } from "viem";
import { credentials } from "./node";

/** What the column encrypted_key_rings.encrypted_keys holds for a ring with these VRF keys and no other (reference/keystore.md section 1). */
export function ringWithVrfKeys(secrets: bigint[]): string {
    const raw = secrets.map((secret) => Buffer.from(evenHex(secret), "hex").toString("base64"));
    const [salt, iv, n] = [randomBytes(32), randomBytes(16), 2];
    const derived = scryptSync(`master-password-${credentials.keyPassword}`, salt, 32, { N: n, r: 8, p: 1 });
    const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
    const ciphertext = Buffer.concat([cipher.update(JSON.stringify({ VRF: raw })), cipher.final()]);
    return JSON.stringify({
        cipher: "aes-128-ctr",
        ciphertext: ciphertext.toString("hex"),
        cipherparams: { iv: iv.toString("hex") },
        kdf: "scrypt",
        kdfparams: { dklen: 32, n, p: 1, r: 8, salt: salt.toString("hex") },
        mac: keccak256(concat([toHex(derived.subarray(16, 32)), toHex(ciphertext)])).slice(2),
    });
}

function evenHex(number: bigint): string {
    const digits = number.toString(16);
    return digits.length % 2 ? `0${digits}` : digits;
}
