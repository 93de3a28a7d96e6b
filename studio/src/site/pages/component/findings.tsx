// What the debugger's rules found in the jobs that a component tells of.
import { useQuery } from "@tanstack/react-query";
import { trainingJob } from "../../api/queries";
import type { TrialComponent } from "../../api/tracking-operations";
import { Trouble } from "../../components/trouble";
import { jobsOf } from "../../lib/component";
import { Rules } from "../job/rules";
import "../../style/jobs.css";

export function Findings({ component }: { component: TrialComponent }) {
  const jobs = jobsOf(component).filter(({ kind }) => kind === "training-job");
  if (jobs.length === 0) {
    return (
      <div className="card empty">
        <h2>There is nothing to debug</h2>
        <p className="soft">Rules watch training jobs; this component tells of none.</p>
      </div>
    );
  }
  return (
    <div className="stack">
      {jobs.map(({ name }) => (
        <FindingsOf key={name} job={name} hasTitle={jobs.length > 1} />
      ))}
    </div>
  );
}

function FindingsOf({ job, hasTitle }: { job: string; hasTitle: boolean }) {
  const asked = useQuery(trainingJob(job));
  if (asked.error) return <Trouble error={asked.error} what={`the training job ${job}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  return (
    <section className="stack tight" aria-label={`Findings of ${job}`}>
      {hasTitle && <h2>{job}</h2>}
      <Rules job={asked.data} />
    </section>
  );
}
