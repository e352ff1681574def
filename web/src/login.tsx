import { type FormEvent, useState } from "react";
import { Refused, api } from "./api";

/** The browser keeps no cookie that is marked Secure when the page came over plain HTTP, so a login leads nowhere. */
const cookieRefused =
    "The login was accepted, but the browser does not send the session cookie back: it is marked Secure and this page came over " +
    "plain HTTP. Start the node with SECURE_COOKIES=false, or open the page over HTTPS.";

interface Props {
    /** There was a session, and it has ended. */
    lost: boolean;
    onLogin: () => void;
}

export function Login({ lost, onLogin }: Props) {
    const [failure, setFailure] = useState<string>();
    const [busy, setBusy] = useState(false);

    async function logIn(event: FormEvent<HTMLFormElement>) {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        setBusy(true);
        setFailure(undefined);
        try {
            await api.login(String(form.get("email")), String(form.get("password")));
            await api.leadership().catch((error: unknown) => {
                if (error instanceof Refused && error.status === 401) throw new Error(cookieRefused);
            });
            onLogin();
        } catch (error) {
            // A second factor is refused with 401 too, and what to do about it is in the text.
            const wrong = error instanceof Refused && error.status === 401 && !error.message.startsWith("MFA");
            setFailure(wrong ? "Wrong e-mail or password." : (error as Error).message);
            setBusy(false);
        }
    }

    return (
        <form className="login" onSubmit={logIn} aria-labelledby="login-title">
            <h2 id="login-title">Log in</h2>
            {lost && !failure && <p className="banner warn">Your session has ended. Log in again.</p>}
            <label>
                E-mail
                <input name="email" type="email" autoComplete="username" required autoFocus />
            </label>
            <label>
                Password
                <input name="password" type="password" autoComplete="current-password" required />
            </label>
            <button type="submit" disabled={busy}>
                {busy ? "Logging in …" : "Log in"}
            </button>
            <div role="alert">{failure && <p className="banner bad">{failure}</p>}</div>
        </form>
    );
}
