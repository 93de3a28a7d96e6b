// Makes a chain of jobs again, each when the one before it has completed. The address and the jobs that exist are all
// it remembers. What starts the jobs is in the frame of every page (`components/chain/keeper.tsx`): this page shows it.
import { Link, useNavigate, useRouteContext, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { keptChains, useKeptChains } from "../components/chain/kept";
import { useChainJobs, useProgress, useSteps } from "../components/chain/plan";
import { useForget, useStarted } from "../components/chain/start";
import { Card } from "../components/facts";
import { Status } from "../components/status";
import { Trouble } from "../components/trouble";
import type { ChainAddress, ChainJob, Step } from "../lib/chain";
import { differences } from "../lib/differences";
import { type JobKind, KINDS } from "../lib/jobs";
import { isSameChain } from "../lib/kept-chains";
import "../style/jobs.css";
import "../style/component.css";

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
  const { jobs, error } = useChainJobs(from);
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
      ) : error ? (
        <Trouble error={error} what="the jobs that led to it" />
      ) : jobs === undefined || address.at === undefined ? (
        <p className="soft">Loading …</p>
      ) : jobs.length === 0 ? (
        <div className="card empty">
          <h2>No job led to it</h2>
          <p className="soft">Only training and processing jobs can be run again.</p>
        </div>
      ) : (
        <Plan from={from} jobs={jobs} at={address.at} isGoing={address.go ?? false} />
      )}
    </div>
  );
}

interface Chain {
  from: string;
  at: number;
  isGoing: boolean;
}

function Plan({ jobs, ...chain }: Chain & { jobs: ChainJob[] }) {
  const { steps, error } = useSteps(jobs, chain.at);
  if (error) return <Trouble error={error} what="the requests of the old jobs" />;
  if (steps === undefined) return <p className="soft">Loading …</p>;
  return <Steps steps={steps} {...chain} />;
}

function Steps({ steps, from, at, isGoing }: Chain & { steps: Step[] }) {
  const navigate = useNavigate({ from: "/again" });
  const { session } = useRouteContext({ from: "/signed-in" });
  const owner = session.Principal.Arn;
  const isKept = useKeptChains(owner).some((chain) => isSameChain(chain, { from, at }));
  const { rows, progress } = useProgress(steps, isGoing);
  const next = progress?.state === "start" ? steps[progress.index] : undefined;
  const refused = useStarted({ from, at }).find(({ name, error }) => name === next?.name && error !== null);
  const forget = useForget({ from, at });
  const go = (goes: boolean): void => {
    if (goes) keptChains.keep({ from, at, owner });
    void navigate({ to: "/again", search: (before) => ({ ...before, go: goes || undefined }), replace: true }).then(() => {
      // An address that says `go` would have it kept again.
      if (!goes) keptChains.drop({ from, at });
    });
  };
  const isOver = progress?.state === "done" || progress?.state === "broken";
  // An address that was begun in another browser goes on here.
  useEffect(() => {
    if (isGoing && !isKept && progress !== undefined && !isOver) keptChains.keep({ from, at, owner });
  }, [isGoing, isKept, progress, isOver, from, at, owner]);

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
      {refused?.error && (
        <>
          <Trouble error={refused.error} what={`the job ${refused.name}`} not="started" may="start" />
          <button type="button" className="button" onClick={forget}>
            Try again
          </button>
        </>
      )}
      {!isGoing && (
        <div className="row">
          <button type="button" className="button primary" onClick={() => go(true)}>
            Start {steps.length === 1 ? "the job" : `the ${steps.length} jobs`}
          </button>
          <span className="soft">
            One after the other, while any page of Studio is open in this browser; what is left then goes on at your next
            visit.
          </span>
        </div>
      )}
      {isGoing && progress !== undefined && (
        <div className="row">
          <p role="status">
            {progress.state === "done"
              ? "All of it has been made again."
              : progress.state === "broken"
                ? `Job ${progress.index + 1} has not completed, so those behind it were not started. Run it again from its page.`
                : `Job ${progress.index + 1} of ${steps.length} …`}
          </p>
          {!isOver && (
            <button type="button" className="button small" onClick={() => go(false)}>
              Start no more
            </button>
          )}
        </div>
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
