// The profile of a job: what slows it down, where the time goes, its steps and the use of its hosts.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { jobProfile } from "../../api/debugger";
import type { Profile, ProfileNode, StepTimes } from "../../api/debugger-operations";
import { LineChart } from "../../components/charts/line-chart";
import { CopyButton } from "../../components/copy";
import { Card } from "../../components/facts";
import { PlaceLink } from "../../components/place-link";
import { Trouble } from "../../components/trouble";
import { bottleneckOf, percent } from "../../lib/bottleneck";
import type { Line, Range } from "../../lib/curves";
import { duration, number } from "../../lib/format";
import { processTitles } from "../../lib/hosts";

const USE: readonly (readonly [string, string])[] = [
  ["job_cpu", "CPU of the job"],
  ["job_memory", "memory of the job"],
  ["gpu_mean", "GPU"],
  ["gpu_memory_mean", "GPU memory"],
  ["cpu_mean", "CPU of the machine"],
  ["cpu_max", "busiest core"],
  ["memory", "memory of the machine"],
  ["io_mean", "I/O wait"],
];
const SETTINGS = { smoothing: 0, isLogX: false, isLogY: false };
const CODE = `from sagemaker.debugger import ProfilerConfig

estimator = PyTorch(..., profiler_config=ProfilerConfig(system_monitor_interval_millis=500))`;

export function ProfileTab({ name, hasProfiler, isLive }: { name: string; hasProfiler: boolean; isLive: boolean }) {
  const asked = useQuery({ ...jobProfile(name, isLive), enabled: hasProfiler });
  if (!hasProfiler) {
    return (
      <div className="card empty">
        <h2>This job has no profile</h2>
        <p className="soft">The SDK profiles a job unless it is told not to (disable_profiler=True):</p>
        <pre tabIndex={0}>{CODE}</pre>
        <CopyButton text={CODE} label="Copy" />
      </div>
    );
  }
  if (asked.error) return <Trouble error={asked.error} what="the profile" />;
  if (asked.data === undefined) return <p className="soft">Loading …</p>;
  if (asked.data.Nodes.length === 0 && asked.data.Steps.length === 0) {
    return (
      <div className="card empty">
        <h2>{isLive || asked.data.Partial ? "No measurement yet" : "The profiler has measured nothing"}</h2>
        <p className="soft">
          {isLive
            ? "The first ones appear some seconds after the script has begun."
            : "The job ended before the first interval, or its profiler was turned off."}
        </p>
      </div>
    );
  }
  return <Shown profile={asked.data} />;
}

function Shown({ profile }: { profile: Profile }) {
  const [zoom, setZoom] = useState<Range>();
  const [stepZoom, setStepZoom] = useState<Range>();
  const said = bottleneckOf(profile);
  const titles = useMemo(
    () => processTitles([...profile.Steps, ...profile.Time, ...profile.SlowSteps].map(({ Node: node }) => node)),
    [profile],
  );
  const titleOf = (node: string): string => titles.get(node) ?? node;
  const steps = useMemo(() => stepLines(profile.Steps, titles), [profile.Steps, titles]);
  return (
    <div className="stack">
      <section className={`card bottleneck${said.isFound ? " found" : ""}`} aria-label="Bottleneck">
        <h2>{said.title}</h2>
        <p className="soft">{said.text}</p>
      </section>
      {profile.Findings.length > 0 && (
        <div className="rules">
          {profile.Findings.map((finding) => (
            <Card key={finding.Rule} title={finding.Rule}>
              <p>{finding.Message}</p>
              <p className="soft">{finding.Meaning}</p>
              <p className="soft">{finding.Remedy}</p>
            </Card>
          ))}
        </div>
      )}
      <div className="cards">
        {profile.Time.map((time) => (
          <TimeCard key={time.Node} node={titleOf(time.Node)} parts={time.Parts} />
        ))}
        <Card title="Hosts">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col" className="number">
                  Cores
                </th>
                <th scope="col" className="number">
                  CPU
                </th>
                <th scope="col" className="number">
                  Memory
                </th>
                <th scope="col" className="number">
                  GPU
                </th>
              </tr>
            </thead>
            <tbody>
              {profile.Nodes.map((node) => (
                <tr key={node.Node}>
                  <th scope="row">{node.Node}</th>
                  <td className="number mono">{node.Cores}</td>
                  {["cpu_mean", "memory", "gpu_mean"].map((what) => (
                    <td key={what} className="number mono">
                      {use(node, what)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          <p className="soft">Means over the run, of the machine that the hosts share.</p>
          {profile.NodeCount > profile.Nodes.length && (
            <p className="soft">The first {profile.Nodes.length} of {profile.NodeCount} hosts.</p>
          )}
        </Card>
      </div>
      {profile.Steps.length > 0 && (
        <>
          <LineChart
            title="Step times in seconds"
            lines={steps}
            settings={SETTINGS}
            axis="step"
            zoom={stepZoom}
            onZoom={setStepZoom}
            isBusy={profile.Partial}
            note="Of many steps, the median and the longest of each group."
          />
          <Card title="Steps" wide>
            <StepTable steps={profile.Steps} titleOf={titleOf} />
            {profile.SlowSteps.map((slow) => (
              <p key={`${slow.Node} ${slow.Kind}`} className="soft">
                {slow.Count} slow {slow.Kind} {slow.Count === 1 ? "step" : "steps"} on {titleOf(slow.Node)} cost {duration(slow.LostSeconds)} ({percent(slow.Share)} of
                their time{slow.Every === null ? "" : `, about every ${slow.Every} steps`}): {slow.Steps.slice(0, 8).join(", ")}
                {slow.Steps.length > 8 ? " …" : ""}
              </p>
            ))}
          </Card>
        </>
      )}
      {profile.Nodes.map((node) => (
        <LineChart
          key={node.Node}
          title={`Use of ${node.Node} in percent`}
          lines={useLines(node)}
          settings={SETTINGS}
          axis="time"
          isTime
          zoom={zoom}
          onZoom={setZoom}
          sync="profile"
          isBusy={profile.Partial}
        />
      ))}
      <p className="soft">
        <PlaceLink uri={profile.Uri} what="the address of the profile" />
      </p>
    </div>
  );
}

function TimeCard({ node, parts }: { node: string; parts: { Part: string; Seconds: number }[] }) {
  const total = parts.reduce((sum, part) => sum + part.Seconds, 0) || 1;
  return (
    <Card title={`Where the time of ${node} goes`}>
      <div className="time-bar" aria-hidden="true">
        {parts.map((part, at) => (
          <span key={part.Part} style={{ width: `${(100 * part.Seconds) / total}%`, background: `var(--series-${at + 1})` }} />
        ))}
      </div>
      <table className="plain-table">
        <tbody>
          {parts.map((part, at) => (
            <tr key={part.Part}>
              <th scope="row">
                <span className="swatch" style={{ background: `var(--series-${at + 1})` }} /> {part.Part}
              </th>
              <td className="number mono">{duration(part.Seconds)}</td>
              <td className="number mono">{percent(part.Seconds / total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function StepTable({ steps, titleOf }: { steps: StepTimes[]; titleOf: (node: string) => string }) {
  const columns = [
    ["mean", "Mean"],
    ["median", "P50"],
    ["95 % below", "P95"],
    ["longest", "Longest"],
    ["in all", "Seconds"],
  ] as const;
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">Steps</th>
          <th scope="col" className="number">
            Count
          </th>
          {columns.map(([title]) => (
            <th key={title} scope="col" className="number">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {steps.map((each) => (
          <tr key={`${each.Node} ${each.Kind}`}>
            <th scope="row">
              {each.Kind} <span className="soft">on {titleOf(each.Node)}</span>
            </th>
            <td className="number mono">{each.Count.toLocaleString("en")}</td>
            {columns.map(([title, member]) => (
              <td key={title} className="number mono">
                {seconds(each[member])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function stepLines(steps: readonly StepTimes[], titles: ReadonlyMap<string, string>): Line[] {
  const isOneNode = new Set(steps.map(({ Node: node }) => node)).size === 1;
  return steps.flatMap(({ Node: node, Kind: kind, First: x, Median: median, Maximum: longest }, at) => {
    const name = isOneNode ? kind : `${titles.get(node) ?? node} ${kind}`;
    return [
      { key: `${node} ${kind}`, name: `${name}, median`, run: `steps ${2 * at}`, x, values: median },
      { key: `${node} ${kind} longest`, name: `${name}, longest`, run: `steps ${2 * at + 1}`, x, values: longest },
    ];
  });
}

function useLines(node: ProfileNode): Line[] {
  return USE.flatMap(([what, name], at) => {
    const values = node.Use[what];
    return values ? [{ key: what, name, run: `use ${at}`, x: node.Times, values }] : [];
  });
}

function use(node: ProfileNode, what: string): string {
  const mean = node.Summary[what]?.Mean;
  return mean === undefined || mean === null ? "" : `${number(Math.round(mean))} %`;
}

function seconds(value: number): string {
  return value < 1 ? `${number(Math.round(value * 10_000) / 10)} ms` : duration(value);
}
