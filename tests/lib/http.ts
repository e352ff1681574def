/** Who is logged in, on any instance: the cookie that one of them gave. */
export class Session {
    constructor(public cookie = "") {}
}

export interface Answer {
    status: number;
    headers: Headers;
    /** The decoded document; text when it is not JSON. */
    body: any;
}

/** One instance's HTTP API. */
export class Api {
    constructor(
        readonly url: string,
        readonly session = new Session(),
    ) {}

    /** Sends one request; every status is an answer. Throws when the instance cannot be reached. */
    async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
        const response = await fetch(this.url + path, {
            method,
            headers: {
                "Content-Type": "application/json",
                ...(this.session.cookie ? { Cookie: this.session.cookie } : {}),
                ...headers,
            },
            body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
            redirect: "manual",
            signal: AbortSignal.timeout(15_000),
        });
        const text = await response.text();
        let document: unknown = text;
        try {
            document = JSON.parse(text);
        } catch {
            // A text answer stays one.
        }
        return { status: response.status, headers: response.headers, body: document };
    }

    /** As `call`, and any other status than the expected one is an error that quotes the answer. */
    async expect(status: number, method: string, path: string, body?: unknown): Promise<any> {
        const answer = await this.call(method, path, body);
        if (answer.status !== status)
            throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
        return answer.body;
    }

    get = (path: string) => this.expect(200, "GET", path);

    /** Logs in and keeps the cookie in the session, which other instances' Api objects may share. */
    async login(email: string, password: string): Promise<void> {
        const answer = await this.call("POST", "/sessions", { email, password });
        if (answer.status !== 200) throw new Error(`login at ${this.url}: ${answer.status} ${JSON.stringify(answer.body)}`);
        this.session.cookie = (answer.headers.get("set-cookie") ?? "").split(";")[0]!;
    }
}
