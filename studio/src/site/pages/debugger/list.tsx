// Training jobs that have the hook: the way to what they have captured.
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { jobList } from "../../api/queries";
import { useNow } from "../../components/now";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { viewOf } from "../../lib/columns";
import { ago, instant } from "../../lib/format";
import type { JobRow } from "../../lib/jobs";
import "../../style/debugger.css";
import { NothingCaptured } from "./nothing";

function rulesText({ rules = [] }: JobRow): string {
  const found = rules.filter(({ status }) => status === "IssuesFound").length;
  return found > 0 ? `${found} of ${rules.length} found issues` : rules.length > 0 ? `${rules.length}, no issues` : "";
}

export function DebuggerJobs() {
  const now = useNow();
  const asked = useInfiniteQuery(jobList("training-job", viewOf({})));
  const rows = asked.data?.pages.flatMap((page) => page.rows) ?? [];
  const hooked = rows.filter((row) => row.captures);
  useEffect(() => {
    document.title = "Debugger · Clary Studio";
  }, []);
  return (
    <div className="stack">
      <h1>Debugger</h1>
      {asked.error ? (
        <Trouble error={asked.error} what="the training jobs" />
      ) : asked.isPending ? (
        <p className="soft">Loading …</p>
      ) : hooked.length === 0 && !asked.hasNextPage ? (
        <NothingCaptured hasHook={false} isLive={false} problems={[]} />
      ) : (
        <section className="card" aria-label="Jobs that capture tensors">
          <table className="plain-table debugger-jobs">
            <thead>
              <tr>
                <th scope="col">Training job</th>
                <th scope="col">Status</th>
                <th scope="col">Rules</th>
                <th scope="col" className="number created">
                  Created
                </th>
              </tr>
            </thead>
            <tbody>
              {hooked.map((row) => (
                <tr key={row.name}>
                  <th scope="row">
                    <Link to="/debugger/training-job/$name" params={{ name: row.name }}>
                      {row.name}
                    </Link>
                  </th>
                  <td className="short">
                    <Status status={row.status} />
                  </td>
                  <td className="soft">{rulesText(row)}</td>
                  <td className="number created">
                    <time title={instant(row.createdAt)}>{ago(row.createdAt, now)}</time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {asked.hasNextPage && (
            <button type="button" className="button" disabled={asked.isFetchingNextPage} onClick={() => void asked.fetchNextPage()}>
              Look at older jobs
            </button>
          )}
        </section>
      )}
    </div>
  );
}
