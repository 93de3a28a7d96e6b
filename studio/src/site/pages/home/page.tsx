// What is running, what failed lately and why, what rules found, and what is left of the machine.
import { useQuery } from "@tanstack/react-query";
import { Link, useRouteContext } from "@tanstack/react-router";
import { useEffect } from "react";
import { foundByRules, latestExperiments, latestJobs } from "../../api/queries";
import { useKeptChains } from "../../components/chain/kept";
import { Card } from "../../components/facts";
import { loadedLater } from "../../components/loaded-later";
import { useNow } from "../../components/now";
import { Trouble } from "../../components/trouble";
import { ago } from "../../lib/format";
import type { JobRow } from "../../lib/jobs";
import "../../style/home.css";
import { FirstTime } from "./first-time";
import { JobLines } from "./job-lines";
import { Machine } from "./machine";

const Chains = loadedLater(() => import("./chains"));

export function Home() {
  useEffect(() => {
    document.title = "Clary Studio";
  }, []);
  const running = useQuery(latestJobs("training-job", "InProgress", 20));
  const processing = useQuery(latestJobs("processing-job", "InProgress", 10));
  const transforming = useQuery(latestJobs("transform-job", "InProgress", 10));
  const failed = useQuery(latestJobs("training-job", "Failed", 6));
  const latest = useQuery(latestJobs("training-job", undefined, 8));
  const found = useQuery(foundByRules(6));
  const now = useNow();
  const { session } = useRouteContext({ from: "/signed-in" });
  const chains = useKeptChains(session.Principal.Arn);
  const isEmpty = latest.data?.length === 0 && processing.data?.length === 0;
  if (isEmpty) return <FirstTime />;
  const atWork = [...(running.data ?? []), ...(processing.data ?? []), ...(transforming.data ?? [])];
  const isAsked = running.data !== undefined || processing.data !== undefined;
  const hidden = running.error && processing.error ? running.error : null;
  return (
    <div className="stack">
      <h1>Home</h1>
      <div className="home-cards">
        <Card title="Running now">
          {hidden ? (
            <Trouble error={hidden} what="the jobs that run" />
          ) : (
            <JobLines jobs={isAsked ? atWork : undefined} now={now} nothing="No job is running." />
          )}
        </Card>
        {chains.length > 0 && <Chains placeholder={null} chains={chains} />}
        <Card
          title="Failed lately"
          action={
            <Link to="/training-jobs" search={{ status: "Failed" }}>
              All failed
            </Link>
          }
        >
          {failed.error ? (
            <Trouble error={failed.error} what="the training jobs" />
          ) : (
            <JobLines jobs={failed.data} now={now} nothing="No training job has failed." />
          )}
        </Card>
        <Card title="Found by rules">
          {found.error ? (
            <Trouble error={found.error} what="what rules have found" />
          ) : (
            <JobLines
              jobs={found.data}
              now={now}
              nothing="No rule has found anything."
              more={(job) => <RulesThatFired job={job} />}
            />
          )}
        </Card>
        <Machine />
        <Card title="Latest training jobs" action={<Link to="/training-jobs">All jobs</Link>}>
          {latest.error ? (
            <Trouble error={latest.error} what="the training jobs" />
          ) : (
            <JobLines jobs={latest.data} now={now} nothing="There is no training job yet." />
          )}
        </Card>
        <Experiments now={now} />
      </div>
    </div>
  );
}

function RulesThatFired({ job }: { job: JobRow }) {
  const fired = (job.rules ?? []).filter((rule) => rule.status === "IssuesFound");
  return (
    <p className="reason">
      <Link to="/training-jobs/$name" params={{ name: job.name }} search={{ tab: "rules" }}>
        {fired.map((rule) => rule.name).join(", ")}
      </Link>
      {fired[0]?.details && ` ${firstWords(fired[0].details)}`}
    </p>
  );
}

/** The first finding, where the details have it: their first line tells the rule and the step only. */
function firstWords(details: string): string {
  const [line, finding] = details.split("\n");
  return finding ?? line ?? "";
}

function Experiments({ now }: { now: number }) {
  const asked = useQuery(latestExperiments(6));
  return (
    <Card title="Latest experiments" action={<Link to="/experiments">All experiments</Link>}>
      {asked.error ? (
        <Trouble error={asked.error} what="the experiments" />
      ) : asked.data === undefined ? (
        <p className="soft">Loading …</p>
      ) : asked.data.length === 0 ? (
        <p className="soft">There is no experiment yet. clary train --experiment makes one.</p>
      ) : (
        <ul className="job-lines">
          {asked.data.map((each) => (
            <li key={each.name}>
              <Link to="/experiments/$name" params={{ name: each.name }}>
                {each.title}
              </Link>
              <span className="soft when">{ago(each.changedAt, now)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
