import { type Resource, type Run, type TaskRun, api } from "./api";
import { Moment, duration } from "./format";
import { Section } from "./section";
import { usePoll } from "./use-poll";

function stateOf(run: Run): "running" | "errored" | "completed" {
    if (!run.finishedAt) return "running";
    return run.fatalErrors?.some((error) => error !== null) ? "errored" : "completed";
}

/** Pages come in ascending order as a rule; the newest belong on top. */
const newestFirst = (runs: Resource<Run>[]) => [...runs].sort((a, b) => Number(b.id) - Number(a.id));

export function Runs() {
    const runs = usePoll(api.runs, 5_000, true);
    return (
        <Section id="runs" title="Recent runs" polled={runs} none="No runs yet.">
            {(rows) => (
                <div className="list">
                    {newestFirst(rows).map(({ id, attributes: run }) => (
                        <details key={id}>
                            <summary>
                                <span className="number">{id}</span>
                                <span className={`state ${stateOf(run)}`}>{stateOf(run)}</span>
                                <span className="grow">job {run.pipelineSpec.jobID}</span>
                                <span className="quiet">
                                    <Moment at={run.createdAt} /> {duration(run.createdAt, run.finishedAt)}
                                </span>
                            </summary>
                            <Tasks tasks={run.taskRuns ?? []} />
                        </details>
                    ))}
                </div>
            )}
        </Section>
    );
}

function Tasks({ tasks }: { tasks: TaskRun[] }) {
    return (
        <table>
            <thead>
                <tr>
                    <th scope="col">Task</th>
                    <th scope="col">Type</th>
                    <th scope="col">Result</th>
                    <th scope="col">Took</th>
                </tr>
            </thead>
            <tbody>
                {tasks.map((task) => (
                    <tr key={task.dotId}>
                        <th scope="row">{task.dotId}</th>
                        <td>{task.type}</td>
                        <td className={task.error ? "error" : undefined}>
                            <code>{task.error ?? (task.finishedAt ? task.output : "waiting")}</code>
                        </td>
                        <td>{duration(task.createdAt, task.finishedAt)}</td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
