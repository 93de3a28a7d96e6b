// What is running, and what failed lately and why.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { latestJobs } from "../api/queries";
import { CopyButton } from "../components/copy";
import { Card } from "../components/facts";
import { useNow } from "../components/now";
import { Status } from "../components/status";
import { Trouble } from "../components/trouble";
import { ago, duration } from "../lib/format";
import { type JobRow, KINDS, ranFor, shortReason } from "../lib/jobs";

const FIRST = `eval "$(clary env)"
clary demo
clary train train.py --image pytorch --input training=./data -- --epochs 3`;

export function Home() {
  useEffect(() => {
    document.title = "Clary Studio";
  }, []);
  const running = useQuery(latestJobs("training-job", "InProgress", 20));
  const processing = useQuery(latestJobs("processing-job", "InProgress", 10));
  const failed = useQuery(latestJobs("training-job", "Failed", 6));
  const latest = useQuery(latestJobs("training-job", undefined, 8));
  const now = useNow();
  if (latest.error) return <Trouble error={latest.error} what="the training jobs" />;
  const atWork = [...(running.data ?? []), ...(processing.data ?? [])];
  if (latest.data?.length === 0 && atWork.length === 0 && !processing.isPending) return <FirstTime />;
  return (
    <div className="stack">
      <h1>Home</h1>
      <div className="cards">
        <Card title="Running now" wide={atWork.length > 0}>
          <JobLines jobs={running.data && atWork} now={now} nothing="No job is running." />
        </Card>
        <Card
          title="Failed lately"
          action={
            <Link to="/training-jobs" search={{ status: "Failed" }}>
              All failed
            </Link>
          }
        >
          <JobLines jobs={failed.data} now={now} nothing="No training job has failed." />
        </Card>
        <Card title="Latest training jobs" action={<Link to="/training-jobs">All jobs</Link>}>
          <JobLines jobs={latest.data} now={now} nothing="" />
        </Card>
      </div>
    </div>
  );
}

function JobLines({ jobs, now, nothing }: { jobs: JobRow[] | undefined; now: number; nothing: string }) {
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
          {job.failure && <p className="reason">{shortReason(job.failure)}</p>}
        </li>
      ))}
    </ul>
  );
}

function FirstTime() {
  return (
    <div className="empty">
      <h1>Nothing has been trained here yet</h1>
      <p className="soft">In a shell, these three lines train a network on handwritten digits, then your own script:</p>
      <pre tabIndex={0}>{FIRST}</pre>
      <CopyButton text={FIRST} label="Copy" />
    </div>
  );
}
