/** Seeded types and values, with what viem makes of them as the expectation. */
import { type AbiParameter, type Hex, concat, encodeAbiParameters, toFunctionSelector, toHex } from "viem";
import type { Random } from "../lib/random";

/** A value twice: as viem takes it, and as the case files write it. */
interface Both {
    viem: unknown;
    written: unknown;
}

const whole = (random: Random, bound: number) => Math.floor(random.between(0, bound));
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));
const bytes = (random: Random, count: number): Hex => toHex(Uint8Array.from(many(count, () => whole(random, 256))));

function scalarType(random: Random): string {
    const bits = 8 * (1 + whole(random, 32));
    return random.pick([`uint${bits}`, `int${bits}`, "bool", "address", "string", "bytes", `bytes${1 + whole(random, 32)}`]);
}

function parameter(random: Random, name: string, depth: number, tuples: boolean): AbiParameter {
    const suffix = many(whole(random, depth + 1), () => (random.next() < 0.5 ? "[]" : `[${1 + whole(random, 3)}]`)).join("");
    if (tuples && depth > 0 && random.next() < 0.3) {
        const components = many(1 + whole(random, 3), (index) => parameter(random, `m${index}`, depth - 1, true));
        return { name, type: `tuple${suffix}`, components } as AbiParameter;
    }
    return { name, type: scalarType(random) + suffix };
}

/** The smallest negative one is left out: v1.11.0 finds that its magnitude does not fit. */
function integer(random: Random, type: string): bigint {
    const signed = type.startsWith("int");
    const bits = Number(type.replace(/\D+/, "")) - (signed ? 1 : 0);
    const largest = (1n << BigInt(bits)) - 1n;
    const size = BigInt(bytes(random, 32)) >> BigInt(whole(random, 256));
    const magnitude = random.next() < 0.1 ? largest : size & largest;
    return signed && random.next() < 0.5 ? -magnitude : magnitude;
}

const texts = ["", "a", "0x12", "snow ❄ and ü", 'quote " back \\', "x".repeat(40), "\n\t", "<&>"];

function scalar(random: Random, type: string): Both {
    if (type === "bool") return { viem: random.next() < 0.5, written: undefined };
    if (type === "string") return { viem: random.pick(texts), written: undefined };
    if (type === "address") {
        const address = bytes(random, 20);
        return { viem: address, written: { $address: address } };
    }
    if (type.startsWith("bytes")) {
        const data = bytes(random, type === "bytes" ? whole(random, 70) : Number(type.slice(5)));
        return { viem: data, written: { [type === "bytes" ? "$bytes" : "$fixedbytes"]: data } };
    }
    const number = integer(random, type);
    const small = Number(type.replace(/\D+/, "")) <= 48;
    return { viem: small ? Number(number) : number, written: { $bigint: String(number) } };
}

function value(random: Random, { type, components }: { type: string; components?: readonly AbiParameter[] }): Both {
    const array = /^(.*)\[(\d*)\]$/.exec(type);
    if (array) {
        const length = array[2] ? Number(array[2]) : whole(random, 4);
        const items = many(length, () => value(random, { type: array[1]!, components }));
        return { viem: items.map((item) => item.viem), written: items.map((item) => item.written) };
    }
    if (components) {
        const members = components.map((one) => [one.name!, value(random, one as never)] as const);
        return {
            viem: Object.fromEntries(members.map(([name, both]) => [name, both.viem])),
            written: Object.fromEntries(members.map(([name, both]) => [name, both.written])),
        };
    }
    const made = scalar(random, type);
    return { viem: made.viem, written: made.written ?? made.viem };
}

const canonical = ({ type, components }: { type: string; components?: readonly AbiParameter[] }): string =>
    components ? type.replace("tuple", `(${components.map((one) => canonical(one as never)).join(",")})`) : type;

/** Encoding by both tasks, and decoding followed by encoding, of values of `count` random signatures. */
export function abiCases(random: Random, count: number): unknown[] {
    return many(count, (index) => {
        const tuples = index % 3 === 0;
        const parameters = many(1 + whole(random, 5), (position) => parameter(random, `a${position}`, 2, tuples));
        const values = parameters.map((one) => value(random, one as never));
        const encoded = encodeAbiParameters(parameters, values.map((one) => one.viem) as never);
        const name = random.next() < 0.5 ? `f${index}` : "";
        const selector = name ? toFunctionSelector(`${name}(${parameters.map((one) => canonical(one as never)).join(",")})`) : "0x";
        const list = parameters.map((one) => `${one.type} ${one.name}`).join(", ");
        const call = {
            name: `seeded ${index}`,
            vars: { d: Object.fromEntries(parameters.map((one, position) => [one.name, values[position]!.written])) },
            expect: { type: "string", value: concat([selector, encoded]) },
        };
        if (tuples) {
            const abi = JSON.stringify({ name, inputs: parameters });
            return [{ id: `ethabiencode2/${index}`, task: "ethabiencode2", params: { abi, data: "$(d)" }, ...call }];
        }
        const back = {
            id: `run/decode-${index}`,
            task: "run",
            name: `decoded ${index}`,
            pipeline: `d [type=ethabidecode abi="${list}" data="$(x)"]\ne [type=ethabiencode abi="(${list})" data="$(d)"]`,
            vars: { x: { $bytes: encoded } },
            expect: { state: "completed", outputs: [encoded] },
        };
        return [{ id: `ethabiencode/${index}`, task: "ethabiencode", params: { abi: `${name}(${list})`, data: "$(d)" }, ...call }, back];
    }).flat();
}
