// What can be done with the jobs that are chosen in a list.
import { Link } from "@tanstack/react-router";
import { MOST_COMPARED } from "../../lib/compare";
import type { JobKind, JobRow } from "../../lib/jobs";
import { StopMany } from "./stop-many";

export function ChosenJobs({
  kind,
  chosen,
  rows,
  onClear,
}: {
  kind: JobKind;
  chosen: ReadonlySet<string>;
  /** Those that are loaded. */
  rows: readonly JobRow[];
  onClear: () => void;
}) {
  // One that has ended meanwhile is not to be stopped any more.
  const toStop = rows.filter((row) => chosen.has(row.name) && row.status === "InProgress");
  return (
    <div className="selection-bar" role="toolbar" aria-label="Chosen jobs">
      <strong>{chosen.size.toLocaleString("en")} chosen</strong>
      {kind === "training-job" &&
        (chosen.size > 1 ? (
          <Link to="/compare" search={{ jobs: [...chosen].slice(0, MOST_COMPARED) }} className="button small primary">
            {chosen.size > MOST_COMPARED ? `Compare the first ${MOST_COMPARED}` : "Compare"}
          </Link>
        ) : (
          <button type="button" className="button small" disabled title="Choose a second job">
            Compare
          </button>
        ))}
      {toStop.length > 0 && <StopMany jobs={toStop} onDone={onClear} />}
      <button type="button" className="button small plain" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}
