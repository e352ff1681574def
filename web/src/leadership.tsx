import { useState } from "react";
import { type Leadership, type Takeover, handOver } from "./api";
import { Moment, ago, milliseconds, span } from "./format";

/** On the leader's page, while somebody waits who could take over. */
function HandOver({ leadership }: { leadership: Leadership }) {
    const [failure, setFailure] = useState("");
    const [busy, setBusy] = useState(false);
    const standbys = leadership.instances.filter((one) => !one.self && one.state === "standby");
    if (leadership.state !== "leading" || standbys.length === 0) return null;
    const act = async (to: string) => {
        setBusy(true);
        setFailure("");
        await handOver(to).catch((error) => setFailure((error as Error).message));
        setBusy(false);
    };
    return (
        <p>
            {standbys.map((one) => (
                <button key={one.name} type="button" disabled={busy} onClick={() => act(one.name)}>
                    Hand over to {one.name}
                </button>
            ))}
            {failure && <span className="banner warn"> {failure}</span>}
        </p>
    );
}

/** Since when nobody led, as exactly as it is known: after a kill nobody saw the moment of death. */
const gapStarts = {
    release: "from when the former leader gave the locks back",
    "last heartbeat": "from the former leader's last heartbeat",
    "lock grant": "from when the lock was passed on; the former leader's end was before that",
};

function Gap({ takeover }: { takeover: Takeover }) {
    const { gapMicroseconds, gapKnownBy } = takeover;
    if (gapMicroseconds === null || gapKnownBy === null) return <>–</>;
    return (
        <>
            {gapKnownBy === "lock grant" && "at least "}
            {span(gapMicroseconds)} <span className="quiet">{gapStarts[gapKnownBy]}</span>
        </>
    );
}

export function LeadershipView({ leadership }: { leadership: Leadership }) {
    const { leader, instances, history } = leadership;
    return (
        <>
            <section aria-labelledby="leader-title">
                <h2 id="leader-title">Leader</h2>
                {leader ? (
                    <p className="leader" data-testid="leader">
                        <strong>{leader.name}</strong> leads since <Moment at={leader.since} /> ({ago(leader.since)})
                        <span className="quiet">
                            {" "}
                            · {leader.address} · {leader.version}
                        </span>
                    </p>
                ) : (
                    <p className="banner warn" data-testid="leader">
                        Nobody leads.
                    </p>
                )}
                {leadership.state === "standby" && leadership.forwardsWrites && (
                    <p className="quiet" data-testid="forwards">
                        This instance stands by: everything can be read here, and writes are passed on to the leader.
                    </p>
                )}
                <HandOver leadership={leadership} />
                {leadership.risks.map((risk) => (
                    <p key={risk} className="banner warn">
                        {risk}
                    </p>
                ))}
                <table data-testid="instances">
                    <caption>Instances</caption>
                    <thead>
                        <tr>
                            <th scope="col">Name</th>
                            <th scope="col">State</th>
                            <th scope="col">Address</th>
                            <th scope="col">Version</th>
                            <th scope="col">Started</th>
                            <th scope="col">Last seen</th>
                            <th scope="col">Priority</th>
                            <th scope="col">Waits for</th>
                        </tr>
                    </thead>
                    <tbody>
                        {instances.map((instance) => (
                            <tr key={`${instance.name} ${instance.address} ${instance.startedAt}`} className={instance.self ? "self" : undefined}>
                                <th scope="row">
                                    {instance.name}
                                    {instance.self && <span className="quiet"> (this one)</span>}
                                </th>
                                <td>
                                    <span className={`state ${instance.state}`}>{instance.state}</span>
                                </td>
                                <td>{instance.address}</td>
                                <td>{instance.version}</td>
                                <td>
                                    <Moment at={instance.startedAt} />
                                </td>
                                <td>{ago(instance.lastSeen)} ago</td>
                                <td>{instance.priority}</td>
                                <td>{instance.waitsFor || "–"}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </section>
            <section aria-labelledby="history-title">
                <h2 id="history-title">Takeovers</h2>
                {history.length === 0 ? (
                    <p className="quiet">None yet.</p>
                ) : (
                    <div className="scroll">
                        <table data-testid="history">
                            <thead>
                                <tr>
                                    <th scope="col">Epoch</th>
                                    <th scope="col">Leader</th>
                                    <th scope="col">After</th>
                                    <th scope="col">Reason</th>
                                    <th scope="col">At</th>
                                    <th scope="col">Took</th>
                                    <th scope="col">Nobody led for</th>
                                </tr>
                            </thead>
                            <tbody>
                                {history.map((takeover) => (
                                    <tr key={takeover.epoch}>
                                        <td>{takeover.epoch}</td>
                                        <th scope="row">{takeover.instance}</th>
                                        <td>{takeover.from || "–"}</td>
                                        <td>{takeover.reason}</td>
                                        <td>
                                            <Moment at={takeover.at} />
                                        </td>
                                        <td>{milliseconds(takeover.tookMicroseconds)}</td>
                                        <td>
                                            <Gap takeover={takeover} />
                                        </td>
                                    </tr>
                                ))}
                            </tbody>
                        </table>
                    </div>
                )}
            </section>
        </>
    );
}
