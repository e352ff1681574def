/** Seeded graphs, written in one of the many ways that the language allows, with what must be read from them. */
import type { Random } from "../lib/random";

interface Node {
    name: string;
    attributes: Record<string, string>;
    type: string;
    index: number;
    retries: number;
    failEarly: boolean;
    timeout?: string;
    /** Names of nodes that this one's attributes mention. */
    mentions: string[];
}

const whole = (random: Random, bound: number) => Math.floor(random.between(0, bound));
const many = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index));

const types: Record<string, string[]> = { memo: ["value"], multiply: ["input", "times"], any: [], fail: ["msg"], lookup: ["key"], length: ["input"] };
const characters = [..."abzAZ09 .,:;/(){}[]|\"'\\\n\t-_#*=&%é雪❄"];
const someText = (random: Random) => many(1 + whole(random, 12), () => random.pick(characters)).join("");
const names = ["a", "fetch", "Median", "übel", "a-b", "two words", "_x1", 'q"uote', "雪", "node7", "17"];

const isBare = (text: string) => /^([A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*|-?(\.\d+|\d+(\.\d*)?))$/u.test(text) && !/^(node|edge|graph|digraph|subgraph|strict)$/i.test(text);
const quoted = (text: string) => `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;

const space = (random: Random) => random.pick(["", " ", "\n", "\t", " // a comment; with [ signs\n", " # another -> one\n", " /* and\na third */ "]);
const someSpace = (random: Random) => space(random) + random.pick([" ", "\n"]) + space(random);

/** One of the spellings that mean this text. */
function spelt(random: Random, text: string, isName = false): string {
    const ways = [quoted(text)];
    if (isBare(text)) ways.push(text);
    if (!isName && text.length > 0) ways.push(`<${text}>`);
    return random.pick(ways);
}

function someGraph(random: Random): { nodes: Node[]; edges: [number, number][] } {
    const free = [...names];
    const nodes = many(1 + whole(random, 8), (): Node => {
        const type = random.pick(Object.keys(types));
        return {
            name: free.splice(whole(random, free.length), 1)[0]!,
            type,
            attributes: Object.fromEntries(types[type]!.filter(() => random.next() < 0.8).map((key) => [key, someText(random)])),
            index: random.next() < 0.5 ? whole(random, 5) : 0,
            retries: random.next() < 0.3 ? whole(random, 9) : 0,
            failEarly: random.next() < 0.2,
            timeout: random.next() < 0.3 ? `${1 + whole(random, 59)}s` : undefined,
            mentions: [],
        };
    });
    const edges: [number, number][] = [];
    for (let to = 1; to < nodes.length; ++to) {
        for (let from = 0; from < to; ++from) if (random.next() < 0.3) edges.push([from, to]);
        const mentioned = nodes[whole(random, to)]!.name;
        const [key] = Object.keys(nodes[to]!.attributes);
        if (key && /^[A-Za-z0-9_]+$/.test(mentioned) && random.next() < 0.4) {
            nodes[to]!.attributes[key] += `$(${space(random).trim() ? "" : " "}${mentioned}.x )`;
            nodes[to]!.mentions.push(mentioned);
        }
    }
    return { nodes, edges };
}

const fields = (node: Node): [string, string][] => [
    ["type", node.type],
    ...Object.entries(node.attributes),
    ...(node.index ? [["index", String(node.index)] as [string, string]] : []),
    ...(node.retries ? [["retries", String(node.retries)] as [string, string]] : []),
    ...(node.failEarly ? [["failEarly", "true"] as [string, string]] : []),
    ...(node.timeout ? [["timeout", node.timeout] as [string, string]] : []),
];

/** The text, and the numbers of the nodes in the order in which it mentions them. */
function print(random: Random, nodes: Node[], edges: [number, number][]): { text: string; mentioned: number[] } {
    // A name has one spelling: two of them would be two nodes.
    const spellings = nodes.map((node) => spelt(random, node.name, true));
    const statements: { text: string; mentions: number[] }[] = nodes.map((node, number) => {
        const written = fields(node).map(([key, value]) => `${space(random)}${key}${space(random)}=${space(random)}${spelt(random, value)}`);
        return { text: `${spellings[number]}${space(random)}[${written.join(random.pick([" ", ",", ";"]))}${space(random)}]`, mentions: [number] };
    });
    for (const [from, to] of edges) {
        const arrow = random.pick(["->", "--", " -> ", "\n->\n"]);
        statements.push({ text: `${spellings[from]} ${arrow} ${spellings[to]}`, mentions: [from, to] });
    }
    for (let i = statements.length - 1; i > 0; --i) {
        const j = whole(random, i + 1);
        [statements[i], statements[j]] = [statements[j]!, statements[i]!];
    }
    const text = statements.map((one) => space(random) + one.text + someSpace(random) + random.pick([";", "", "\n"])).join("\n");
    return { text, mentioned: [...new Set(statements.flatMap((one) => one.mentions))] };
}

/** Depth first from the last node, later successors first, reversed (reference/pipeline.md section 2.7). */
function order(count: number, successors: Set<number>[]): number[] {
    const done: number[] = [];
    const visit = (node: number) => {
        if (done.includes(node)) return;
        [...successors[node]!].sort((a, b) => b - a).forEach(visit);
        done.push(node);
    };
    for (let node = count - 1; node >= 0; --node) visit(node);
    return done.reverse();
}

function expectation(nodes: Node[], edges: [number, number][], mentioned: number[]) {
    const number = new Map(mentioned.map((node, position) => [node, position]));
    const successors = nodes.map(() => new Set<number>());
    const explicit = new Set<string>();
    for (const [from, to] of edges) {
        successors[number.get(from)!]!.add(number.get(to)!);
        explicit.add(`${from} ${to}`);
    }
    nodes.forEach((node, to) => {
        for (const name of node.mentions) successors[number.get(nodes.findIndex((one) => one.name === name))!]!.add(number.get(to)!);
    });
    const sorted = order(nodes.length, successors);
    const id = new Map(sorted.map((position, at) => [position, at]));
    const tasks = sorted.map((position, at) => {
        const which = mentioned[position]!;
        const node = nodes[which]!;
        const neighbours = (of: number[]) => of.sort((a, b) => id.get(a)! - id.get(b)!).map((one) => mentioned[one]!);
        const from = neighbours(mentioned.map((_, one) => one).filter((one) => successors[one]!.has(position)));
        return {
            id: at,
            dot_id: node.name,
            type: node.type,
            index: node.index,
            attrs: node.attributes,
            inputs: from.map((one) => ({ from: nodes[one]!.name, propagate: explicit.has(`${one} ${which}`) })),
            outputs: neighbours([...successors[position]!]).map((one) => nodes[one]!.name),
            failEarly: node.failEarly,
            retries: node.retries,
            minBackoff: "5s",
            maxBackoff: "1m0s",
            ...(node.timeout ? { timeout: node.timeout } : {}),
        };
    });
    return { tasks, requires_pre_insert: false };
}

export function graphCases(random: Random, count: number): unknown[] {
    return many(count, (index) => {
        const { nodes, edges } = someGraph(random);
        const { text, mentioned } = print(random, nodes, edges);
        return { id: `parse/${index}`, task: "parse", name: `seeded ${index}`, pipeline: text, expect: expectation(nodes, edges, mentioned) };
    });
}
