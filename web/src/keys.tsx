import { api } from "./api";
import { ether } from "./format";
import { Section } from "./section";
import { usePoll } from "./use-poll";

/** Sending addresses. Balances come from the chain, so they are asked for less often. */
export function Keys() {
    const keys = usePoll(api.keys, 5_000, true);
    return (
        <Section id="keys" title="Sending addresses" polled={keys} none="The node has no key.">
            {(rows) => (
                <table>
                    <thead>
                        <tr>
                            <th scope="col">Address</th>
                            <th scope="col">Chain</th>
                            <th scope="col">Balance</th>
                            <th scope="col">Next nonce</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map(({ attributes: key }) => (
                            <tr key={`${key.address} ${key.evmChainID}`}>
                                <th scope="row">
                                    <code>{key.address}</code>
                                    {key.disabled && <span className="quiet"> (disabled)</span>}
                                </th>
                                <td>{key.evmChainID}</td>
                                <td className={key.ethBalance === "0" ? "empty" : undefined}>{ether(key.ethBalance)}</td>
                                <td>{key.nextNonce}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            )}
        </Section>
    );
}
