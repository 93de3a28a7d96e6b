// The head of a job's page: its name and status, what can be done with it, and its parts.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Status } from "../../components/status";
import type { JobAddress } from "../../lib/job-address";
import { type JobRow, KINDS } from "../../lib/jobs";

const PARTS = [
  { tab: undefined, title: "Overview" },
  { tab: "metrics", title: "Metrics" },
  { tab: "system", title: "System" },
  { tab: "log", title: "Log" },
] as const;
const RULES = { tab: "rules", title: "Rules" } as const;

export function JobHead({
  row,
  address,
  children,
}: {
  row: JobRow;
  /** Left out where the page has no parts. */
  address?: JobAddress;
  children: ReactNode;
}) {
  const { title, path } = KINDS[row.kind];
  return (
    <header className="stack job-head">
      <nav aria-label="Where this is">
        <Link to={path}>{title}</Link>
      </nav>
      <div className="row spread">
        <h1 className="job-name">{row.name}</h1>
        <div className="row">{children}</div>
      </div>
      <div className="row" role="status">
        <Status status={row.status} badge />
        <span className="soft">{row.secondary === row.status ? "" : row.secondary}</span>
      </div>
      {address !== undefined && (
        <nav className="tabs" aria-label="Parts of the job">
          {[...PARTS, ...(row.kind === "training-job" ? [RULES] : [])].map((part) => (
            <Link
              key={part.title}
              to="."
              search={part.tab === undefined ? {} : { tab: part.tab }}
              replace
              {...(address.tab === part.tab ? { "aria-current": "page" as const } : {})}
              activeProps={{}}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {part.title}
            </Link>
          ))}
        </nav>
      )}
    </header>
  );
}
