/** The documented HTTP API, as far as the page uses it. */

export interface Resource<Attributes> {
    type: string;
    id: string;
    attributes: Attributes;
}

export interface Instance {
    name: string;
    address: string;
    version: string;
    state: string;
    startedAt: string;
    lastSeen: string;
    priority: number;
    waitsFor: string;
    self: boolean;
}

export interface Takeover {
    epoch: number;
    instance: string;
    from: string;
    reason: string;
    at: string;
    tookMicroseconds: number;
    /** How long nobody led; null where nobody noted it. */
    gapMicroseconds: number | null;
    gapKnownBy: "release" | "last heartbeat" | "lock grant" | null;
}

export interface Leadership {
    state: string;
    name: string;
    /** What only the leader may do is passed on to him while this instance stands by. */
    forwardsWrites: boolean;
    leader: { name: string; address: string; version: string; since: string; aliveAt: string } | null;
    instances: Instance[];
    history: Takeover[];
    warnings: string[];
    /** Locking mode, who holds and waits for which lock, and what could go wrong unnoticed. */
    mode: string;
    locks: { name: string; holder: string; waiting: string[] }[];
    risks: string[];
}

export interface Key {
    address: string;
    evmChainID: string;
    nextNonce: number;
    ethBalance: string | null;
    linkBalance: string | null;
    disabled: boolean;
}

export interface Job {
    name: string;
    type: string;
    externalJobID: string;
    pipelineSpec: { dotDagSource: string } | null;
    errors: { id: number; description: string; occurrences: number }[] | null;
    [spec: string]: unknown;
}

export interface TaskRun {
    type: string;
    createdAt: string;
    finishedAt: string | null;
    output: string | null;
    error: string | null;
    dotId: string;
}

export interface Run {
    outputs: (string | null)[] | null;
    allErrors: (string | null)[] | null;
    fatalErrors: (string | null)[] | null;
    taskRuns: TaskRun[] | null;
    createdAt: string;
    finishedAt: string | null;
    pipelineSpec: { jobID: number };
}

/** The instance does not answer at all. */
export class Unreachable extends Error {}

/** The instance answers, but not with what was asked for. */
export class Refused extends Error {
    constructor(
        readonly status: number,
        detail: string,
    ) {
        super(detail);
    }
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
    try {
        return await fetch(path, {
            method,
            credentials: "same-origin",
            headers: body === undefined ? {} : { "Content-Type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: AbortSignal.timeout(5_000),
        });
    } catch {
        throw new Unreachable("no answer");
    }
}

async function readError(response: Response): Promise<Refused> {
    const text = await response.text().catch(() => "");
    try {
        const details = (JSON.parse(text).errors as { detail: string }[]).map((error) => error.detail);
        return new Refused(response.status, details.join("; "));
    } catch {
        return new Refused(response.status, text || `status ${response.status}`);
    }
}

async function get<T>(path: string): Promise<T> {
    const response = await send("GET", path);
    if (!response.ok) throw await readError(response);
    return (await response.json()).data as T;
}

/** A page of a list that may be longer. */
export interface Listed<T> {
    rows: T[];
    count: number;
}

async function getListed<T>(path: string): Promise<Listed<T>> {
    const response = await send("GET", path);
    if (!response.ok) throw await readError(response);
    const document = (await response.json()) as { data: T[]; meta?: { count?: number } };
    return { rows: document.data, count: document.meta?.count ?? document.data.length };
}

/** Makes this instance, which leads, pass the leadership to the standby of that name. */
export async function handOver(to: string): Promise<void> {
    const response = await send("POST", "/v2/leadership/handover", { to });
    if (!response.ok) throw await readError(response);
}

export const api = {
    leadership: async () => (await get<Resource<Leadership>>("/v2/leadership")).attributes,
    keys: () => get<Resource<Key>[]>("/v2/keys/eth"),
    jobs: () => getListed<Resource<Job>>("/v2/jobs?size=200"),
    runs: () => get<Resource<Run>[]>("/v2/pipeline/runs?size=20"),

    async login(email: string, password: string): Promise<void> {
        const response = await send("POST", "/sessions", { email, password });
        if (!response.ok) throw await readError(response);
    },
    async logout(): Promise<void> {
        await send("DELETE", "/sessions");
    },
};
