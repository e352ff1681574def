import { type Job, api } from "./api";
import { Moment } from "./format";
import { Section } from "./section";
import { usePoll } from "./use-poll";

/** Each kind of job keeps its creation time in the object of its kind. */
function createdAt(job: Job): string | null {
    for (const [key, spec] of Object.entries(job))
        if (key.endsWith("Spec") && key !== "pipelineSpec" && spec) return (spec as { createdAt?: string }).createdAt ?? null;
    return null;
}

export function Jobs() {
    const jobs = usePoll(api.jobs, 5_000, true);
    const { rows: shown = [], count = 0 } = jobs.value ?? {};
    return (
        <Section id="jobs" title="Jobs" polled={{ ...jobs, value: jobs.value?.rows }} none="No jobs yet: chainlink jobs create FILE">
            {(rows) => (
                <div className="list">
                    {count > shown.length && (
                        <p className="quiet" data-testid="more-jobs">
                            {shown.length} of {count} jobs are shown: chainlink jobs list --page N shows the others.
                        </p>
                    )}
                    {rows.map(({ id, attributes: job }) => (
                        <details key={id}>
                            <summary>
                                <span className="number">{id}</span>
                                <span className="grow">{job.name || job.externalJobID}</span>
                                {job.errors && job.errors.length > 0 && <span className="state errored">{job.errors.length} errors</span>}
                                <span className="quiet">{job.type}</span>
                            </summary>
                            <p className="quiet">
                                <code>{job.externalJobID}</code> · created <Moment at={createdAt(job)} />
                            </p>
                            {job.errors?.map((error) => (
                                <p key={error.id} className="error">
                                    {error.description} ({error.occurrences}×)
                                </p>
                            ))}
                            <pre>{job.pipelineSpec?.dotDagSource.trim()}</pre>
                        </details>
                    ))}
                </div>
            )}
        </Section>
    );
}
