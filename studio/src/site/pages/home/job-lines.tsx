// A few jobs, each with what there is to know of it at a glance.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Status } from "../../components/status";
import { ago, duration } from "../../lib/format";
import { isRunning, type JobRow, KINDS, ranFor, shortReason } from "../../lib/jobs";

export function JobLines({
  jobs,
  now,
  nothing,
  more = () => null,
}: {
  jobs: JobRow[] | undefined;
  now: number;
  nothing: string;
  /** What else is to be said of a job. */
  more?: (job: JobRow) => ReactNode;
}) {
  if (jobs === undefined) return <p className="soft">Loading …</p>;
  if (jobs.length === 0) return <p className="soft">{nothing}</p>;
  return (
    <ul className="job-lines">
      {jobs.map((job) => (
        <li key={`${job.kind} ${job.name}`}>
          <Link to={`${KINDS[job.kind].path}/$name`} params={{ name: job.name }} title={job.name}>
            {job.name}
          </Link>
          <Status status={job.status} />
          <span className="soft">
            {job.secondary === undefined || job.secondary === job.status ? KINDS[job.kind].one : job.secondary}
          </span>
          <span className="soft when">
            {job.endedAt ? ago(job.endedAt, now) : duration(ranFor(job, now)) || ago(job.createdAt, now)}
          </span>
          {isRunning(job.status) && job.message && <p className="reason">{job.message}</p>}
          {job.failure && <p className="reason">{shortReason(job.failure)}</p>}
          {more(job)}
        </li>
      ))}
    </ul>
  );
}
