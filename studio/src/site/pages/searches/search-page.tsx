// The frame of a search's page: its head, what it has found so far, and its attempts.
import type { UseQueryResult } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { Trouble } from "../../components/trouble";
import type { AttemptAddress } from "../../lib/attempt-address";
import type { Attempt, Objective } from "../../lib/attempts";
import { isRunning, type JobRow, KINDS } from "../../lib/jobs";
import "../../style/jobs.css";
import { JobHead } from "../job/head";
import { StopButton } from "../job/stop";
import { AttemptChart } from "./attempt-chart";
import { AttemptTable } from "./attempt-table";

export function SearchPage({
  row,
  objective,
  noun,
  attempts,
  address,
  actions,
  children,
  more,
}: {
  row: JobRow;
  /** undefined before it is known. */
  objective: Objective | undefined;
  /** Of one attempt: trial. */
  noun: string;
  attempts: UseQueryResult<Attempt[]>;
  address: AttemptAddress;
  actions: ReactNode;
  /** Cards before the attempts. */
  children: ReactNode;
  /** Cards after them. */
  more: ReactNode;
}) {
  const navigate = useNavigate();
  const { path } = KINDS[row.kind];
  useEffect(() => {
    document.title = `${row.name} · Clary Studio`;
  }, [row.name]);
  const title = `${noun[0]?.toUpperCase()}${noun.slice(1)}s`;
  return (
    <div className="stack">
      <JobHead row={row}>
        <Link className="button" to={`${path}/$name/again`} params={{ name: row.name }}>
          Run again
        </Link>
        {actions}
        {isRunning(row.status) && <StopButton kind={row.kind} name={row.name} />}
      </JobHead>
      {row.failure && (
        <div className="error">
          <h2>Why it failed</h2>
          <pre tabIndex={0}>{row.failure}</pre>
        </div>
      )}
      <div className="cards">
        {objective && attempts.data && attempts.data.length > 0 && (
          <AttemptChart
            attempts={attempts.data}
            objective={objective}
            noun={noun}
            onOpen={({ job }) => {
              if (job !== undefined) void navigate({ to: "/training-jobs/$name", params: { name: job } });
            }}
          />
        )}
        {children}
      </div>
      <section className="stack tight" aria-label={title}>
        <h2>{title}</h2>
        {attempts.error ? (
          <Trouble error={attempts.error} what={`the ${noun}s`} />
        ) : attempts.data === undefined ? (
          <p className="soft">Loading …</p>
        ) : attempts.data.length === 0 ? (
          <p className="soft">There is no {noun} yet.</p>
        ) : (
          <AttemptTable
            attempts={attempts.data}
            objective={objective ?? { metric: "Objective", isMaximized: true }}
            label={title}
            address={address}
          />
        )}
      </section>
      <div className="cards">{more}</div>
    </div>
  );
}
