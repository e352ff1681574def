import { useCallback, useEffect, useState } from "react";
import { Refused, api } from "./api";
import { Jobs } from "./jobs";
import { Keys } from "./keys";
import { LeadershipView } from "./leadership";
import { Login } from "./login";
import { Runs } from "./runs";
import { usePoll } from "./use-poll";

/** `unknown` until the first answer tells whether the browser has a session. */
type Session = "unknown" | "none" | "lost" | "valid";

const isUnauthorized = (error?: Error) => error instanceof Refused && error.status === 401;

export function App() {
    const [session, setSession] = useState<Session>("unknown");
    const asking = session === "unknown" || session === "valid";
    const leadership = usePoll(api.leadership, 1_000, asking);

    useEffect(() => {
        if (isUnauthorized(leadership.error)) setSession((before) => (before === "valid" ? "lost" : "none"));
        else if (leadership.value) setSession((before) => (before === "unknown" ? "valid" : before));
    }, [leadership]);

    const onLogin = useCallback(() => setSession("valid"), []);
    const onLogout = useCallback(() => void api.logout().finally(() => setSession("none")), []);

    const name = leadership.value?.name;
    useEffect(() => {
        document.title = name ? `${name} · ${leadership.value?.state} · Baton` : "Baton";
    }, [name, leadership.value?.state]);

    return (
        <>
            <header>
                <h1>Baton</h1>
                {session === "valid" && name && (
                    <>
                        <span className="instance">{name}</span>
                        <span className={`state ${leadership.value!.state}`} data-testid="own-state">
                            {leadership.value!.state}
                        </span>
                        <button type="button" onClick={onLogout}>
                            Log out
                        </button>
                    </>
                )}
            </header>
            <main>
                <Connection error={leadership.error} at={leadership.at} />
                {(session === "none" || session === "lost") && <Login lost={session === "lost"} onLogin={onLogin} />}
                {session === "valid" && leadership.value && (
                    <>
                        <Warnings warnings={leadership.value.warnings} />
                        <LeadershipView leadership={leadership.value} />
                        <Keys />
                        <Runs />
                        <Jobs />
                    </>
                )}
            </main>
        </>
    );
}

/** Says when what is shown is no longer what is. */
function Connection({ error, at }: { error?: Error; at?: number }) {
    const silent = error && !isUnauthorized(error);
    const what = error instanceof Refused ? "This instance has no news" : "This instance cannot be reached";
    return (
        <div role="status" aria-live="polite">
            {silent && (
                <p className="banner bad" data-testid="unreachable">
                    {what} ({error.message}).{" "}
                    {at ? `What is shown is from ${new Date(at).toLocaleTimeString()}. ` : ""}Still trying.
                </p>
            )}
        </div>
    );
}

function Warnings({ warnings }: { warnings: string[] }) {
    if (warnings.length === 0) return null;
    return (
        <ul className="banner warn" aria-label="Warnings" data-testid="warnings">
            {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
            ))}
        </ul>
    );
}
