import { type Hex, toHex } from "viem";

function head(major: number, value: number): number[] {
    if (value < 24) return [(major << 5) | value];
    if (value < 0x100) return [(major << 5) | 24, value];
    if (value < 0x10000) return [(major << 5) | 25, value >> 8, value & 0xff];
    return [(major << 5) | 26, (value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function encode(value: string | number): number[] {
    if (typeof value === "number") return head(0, value);
    const bytes = new TextEncoder().encode(value);
    return [...head(3, bytes.length), ...bytes];
}

/** The members of a CBOR map without the map's own header, which is how requests carry their parameters. */
export function encodeParameters(parameters: Record<string, string | number>): Hex {
    return toHex(new Uint8Array(Object.entries(parameters).flatMap(([key, value]) => [...encode(key), ...encode(value)])));
}
