import type { ReactNode } from "react";
import type { Polled } from "./use-poll";

interface Props<T> {
    id: string;
    title: string;
    polled: Polled<T[]>;
    /** Said when the list is empty. */
    none: string;
    children: (rows: T[]) => ReactNode;
}

/** A titled list that is polled: loading, empty, failed or there. */
export function Section<T>({ id, title, polled, none, children }: Props<T>) {
    const { value, error } = polled;
    return (
        <section aria-labelledby={`${id}-title`} data-testid={id}>
            <h2 id={`${id}-title`}>{title}</h2>
            {error && !value && <p className="banner warn">Not to be had: {error.message}</p>}
            {!value && !error && <p className="quiet">Loading …</p>}
            {value && (value.length === 0 ? <p className="quiet">{none}</p> : children(value))}
        </section>
    );
}
