// Makes a chain of jobs again, each when the one before it has ended. The address and the jobs that exist are all it
// remembers: after a reload it goes on where it was.
import { useMutation, useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { createJob } from "../api/create";
import { lineage } from "../api/lineage";
import { namedJobs, processingJob, tagsOf, trainingJob } from "../api/queries";
import { requestShape } from "../api/shape";
import { Card } from "../components/facts";
import { Status } from "../components/status";
import { Trouble } from "../components/trouble";
import { CREATE, requestOf } from "../lib/again";
import { type ChainAddress, type ChainJob, chainOf, progressOf, type Step, stepsOf } from "../lib/chain";
import { differences } from "../lib/differences";
import { type JobKind, KINDS } from "../lib/jobs";
import { graphOf } from "../lib/lineage";
import "../style/jobs.css";
import "../style/component.css";

/** Deeper chains are cut by the server's bound. */
const DEPTH = 10;

export default function AgainChain() {
  const address: ChainAddress = useSearch({ from: "/signed-in/again" });
  const navigate = useNavigate({ from: "/again" });
  useEffect(() => {
    document.title = "Make it again · Clary Studio";
  }, []);
  // The names follow from the instant, so it has to stand in the address before they are shown.
  useEffect(() => {
    if (address.from !== undefined && address.at === undefined) {
      void navigate({ to: "/again", search: { ...address, at: Date.now() }, replace: true });
    }
  }, [address, navigate]);
  const from = address.from ?? "";
  const asked = useQuery({ ...lineage(from, "before", DEPTH), enabled: from !== "", staleTime: Number.POSITIVE_INFINITY });
  const jobs = useMemo(() => {
    const graph = asked.data === undefined ? undefined : graphOf([asked.data]);
    return graph === undefined ? undefined : chainOf(graph);
  }, [asked.data]);
  return (
    <div className="stack">
      <header className="stack tight">
        <h1>Make it again</h1>
        <p className="soft">
          All jobs that led to it, in their order. Each new one reads what the new ones before it have written, and writes
          beside the old results.
        </p>
      </header>
      {from === "" ? (
        <p>
          <Link to="/lineage">The lineage</Link> leads to what can be made again.
        </p>
      ) : asked.error ? (
        <Trouble error={asked.error} what="the jobs that led to it" />
      ) : jobs === undefined || address.at === undefined ? (
        <p className="soft">Loading …</p>
      ) : jobs.length === 0 ? (
        <div className="card empty">
          <h2>No job led to it</h2>
          <p className="soft">Only training and processing jobs can be run again.</p>
        </div>
      ) : (
        <Plan jobs={jobs} at={address.at} isGoing={address.go ?? false} />
      )}
    </div>
  );
}

/** The requests that made the jobs; undefined until all are there. */
function useRequests(jobs: readonly ChainJob[]) {
  const shapes = useQueries({
    queries: (["training-job", "processing-job"] as const).map((kind) => requestShape(CREATE[kind])),
  });
  const found = useQueries({
    queries: jobs.map(({ kind, name }) => (kind === "training-job" ? trainingJob(name) : processingJob(name)) as ReturnType<typeof trainingJob>),
  });
  const tags = useQueries({ queries: jobs.map(({ arn }) => tagsOf(arn)) });
  const error = [...shapes, ...found, ...tags].find((each) => each.error)?.error;
  const all = jobs.flatMap((job, index) => {
    const shape = shapes[job.kind === "training-job" ? 0 : 1]?.data;
    const [description, its] = [found[index]?.data, tags[index]?.data];
    return shape && description && its ? [{ job, request: requestOf(shape, description, its) }] : [];
  });
  return { error, requests: all.length === jobs.length ? all : undefined };
}

function Plan({ jobs, at, isGoing }: { jobs: ChainJob[]; at: number; isGoing: boolean }) {
  const { error, requests } = useRequests(jobs);
  if (error) return <Trouble error={error} what="the requests of the old jobs" />;
  if (requests === undefined) return <p className="soft">Loading …</p>;
  return <Steps steps={stepsOf(requests, at)} isGoing={isGoing} />;
}

function Steps({ steps, isGoing }: { steps: Step[]; isGoing: boolean }) {
  const navigate = useNavigate({ from: "/again" });
  const started = useQueries({
    queries: steps.map(({ job, name }) => ({
      ...namedJobs(job.kind, name, 5),
      enabled: isGoing,
      // The stream of changes tells most; this is for what happened while the page was away.
      refetchInterval: isGoing ? 3_000 : (false as const),
    })),
  });
  const rows = steps.map(({ name }, index) => started[index]?.data?.find((row) => row.name === name));
  const isKnown = started.every(({ data }) => data !== undefined);
  const progress = progressOf(rows.map((row) => row?.status));
  const next = progress.state === "start" ? progress.index : undefined;

  const create = useMutation({
    mutationFn: (step: Step) => createJob(step.job.kind, step.request),
    onSettled: (_answer, _error, { name }) => started[steps.findIndex((each) => each.name === name)]?.refetch(),
  });
  const { mutate, reset, error, isPending, variables } = create;
  // A name is created once: the server refuses it the second time, whichever page asks.
  const isTried = next !== undefined && variables?.name === steps[next]?.name;
  useEffect(() => {
    const step = next === undefined ? undefined : steps[next];
    if (isGoing && isKnown && step !== undefined && !isPending && !isTried) mutate(step);
  }, [isGoing, isKnown, next, isPending, isTried, steps, mutate]);

  return (
    <>
      <ol className="chain">
        {steps.map((step, index) => (
          <StepCard
            key={step.name}
            step={step}
            number={index + 1}
            status={rows[index]?.status ?? (isGoing ? "Waiting" : undefined)}
          />
        ))}
      </ol>
      {error && isTried && (
        <>
          <Trouble error={error} what={`the job ${variables.name}`} />
          <button type="button" className="button" onClick={() => reset()}>
            Try again
          </button>
        </>
      )}
      {!isGoing && (
        <div className="row">
          <button
            type="button"
            className="button primary"
            onClick={() => void navigate({ to: "/again", search: (before) => ({ ...before, go: true }), replace: true })}
          >
            Start {steps.length === 1 ? "the job" : `the ${steps.length} jobs`}
          </button>
          <span className="soft">One after the other, while this page is open; opened again, it goes on.</span>
        </div>
      )}
      {isGoing && (
        <p role="status">
          {progress.state === "done"
            ? "All of it has been made again."
            : progress.state === "broken"
              ? `Job ${progress.index + 1} has not completed, so those behind it were not started. Run it again from its page.`
              : `Job ${progress.index + 1} of ${steps.length} …`}
        </p>
      )}
    </>
  );
}

function StepCard({ step, number, status }: { step: Step; number: number; status: string | undefined }) {
  const { kind, name } = step.job;
  const changed = differences(step.original, step.request);
  const exists = status !== undefined && status !== "Waiting";
  return (
    <li>
      <Card title={`${number}. ${titleOf(kind)}`} wide action={status && <Status status={status} badge />}>
        <div className="stack tight">
          <p>
            <Link to={`${KINDS[kind].path}/$name`} params={{ name }}>
              {name}
            </Link>{" "}
            again, as{" "}
            {exists ? (
              <Link to={`${KINDS[kind].path}/$name`} params={{ name: step.name }}>
                {step.name}
              </Link>
            ) : (
              <strong>{step.name}</strong>
            )}
          </p>
          {/* Keys scroll it. */}
          <div className="scroll" tabIndex={0} role="group" aria-label={`What changes for ${name}`}>
            <table className="plain-table">
              <thead>
                <tr>
                  <th scope="col">What changes</th>
                  <th scope="col">Before</th>
                  <th scope="col">Now</th>
                </tr>
              </thead>
              <tbody>
                {changed.map((each) => (
                  <tr key={each.name}>
                    <th scope="row">{each.name}</th>
                    <td className="mono">{String(each.before ?? "")}</td>
                    <td className="mono">{String(each.after ?? "")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      </Card>
    </li>
  );
}

function titleOf(kind: JobKind): string {
  return kind === "training-job" ? "Training job" : "Processing job";
}
