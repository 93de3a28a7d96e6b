// What a training job has captured: its head, and the part that the address names.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { captured } from "../../api/debugger";
import { ruleFindings } from "../../api/job-parts";
import { trainingJob } from "../../api/queries";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { isRunning } from "../../lib/jobs";
import "../../style/debugger.css";
import { NetworkTab } from "./network";
import { NothingCaptured } from "./nothing";
import { Overview } from "./overview";
import { ProfileTab } from "./profile";
import { Tensors } from "./tensors";

const PARTS = [
  { tab: undefined, title: "Overview" },
  { tab: "tensors", title: "Tensors" },
  { tab: "network", title: "Network" },
  { tab: "profile", title: "Profile" },
] as const;

export function DebuggerPage() {
  const { name } = useParams({ from: "/signed-in/debugger/training-job/$name" });
  const address = useSearch({ from: "/signed-in/debugger/training-job/$name" });
  const job = useQuery(trainingJob(name));
  const status = job.data?.TrainingJobStatus ?? "";
  const isLive = isRunning(status);
  const hasHook = Boolean(job.data?.DebugHookConfig);
  const found = useQuery({ ...captured(name, isLive), enabled: hasHook });
  const rules = useQuery({ ...ruleFindings(name, isLive), enabled: job.data !== undefined });
  const client = useQueryClient();
  const wasLive = useRef(isLive);
  useEffect(() => {
    // What the job saved last came after the last look at it.
    if (wasLive.current && !isLive) void client.invalidateQueries({ queryKey: ["debugger", name] });
    wasLive.current = isLive;
  }, [client, isLive, name]);
  useEffect(() => {
    document.title = `Debugger · ${name} · Clary Studio`;
  }, [name]);
  if (job.error) return <Trouble error={job.error} what={`the training job ${name}`} />;
  if (job.isPending) return <p className="soft">Loading …</p>;
  return (
    <div className="stack debugger">
      <header className="stack job-head">
        <nav aria-label="Where this is" className="row">
          <Link to="/debugger">Debugger</Link>
        </nav>
        <div className="row spread">
          <h1 className="job-name">{name}</h1>
          <Link className="button" to="/training-jobs/$name" params={{ name }}>
            The job
          </Link>
        </div>
        <div className="row" role="status">
          <Status status={status} badge />
          <span className="soft">{isLive ? "New steps appear as they are saved." : ""}</span>
        </div>
        <nav className="tabs" aria-label="Parts of the debugger">
          {PARTS.map((part) => (
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
      </header>
      {address.tab === "profile" ? (
        <ProfileTab name={name} hasProfiler={Boolean(job.data.ProfilerConfig?.S3OutputPath)} isLive={isLive} />
      ) : found.error ? (
        <Trouble error={found.error} what="the tensors" />
      ) : !hasHook || (found.data && found.data.TensorCount === 0) ? (
        <NothingCaptured hasHook={hasHook} isLive={isLive} problems={found.data?.Problems ?? []} />
      ) : found.data === undefined ? (
        <p className="soft">Loading …</p>
      ) : address.tab === "tensors" ? (
        <Tensors name={name} found={found.data} rules={rules.data ?? []} isLive={isLive} address={address} />
      ) : address.tab === "network" ? (
        <NetworkTab name={name} found={found.data} isLive={isLive} address={address} />
      ) : (
        <Overview name={name} found={found.data} rules={rules.data} trouble={rules.error} />
      )}
    </div>
  );
}
