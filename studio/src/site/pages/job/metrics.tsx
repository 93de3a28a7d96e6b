// A job's metrics: a chart for each, with one cursor over all.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { metricNames } from "../../api/metrics";
import type { SeriesAnswer } from "../../api/series";
import type { LineSettings } from "../../components/charts/line-chart";
import { LineSettingsBar } from "../../components/charts/line-settings";
import { MetricLines } from "../../components/charts/metric-lines";
import { Trouble } from "../../components/trouble";
import { number } from "../../lib/format";
import type { JobAddress } from "../../lib/job-address";
import type { JobKind } from "../../lib/jobs";

export function Metrics({
  kind,
  name,
  arn,
  isRunning,
  address,
}: {
  kind: JobKind;
  name: string;
  arn: string;
  isRunning: boolean;
  address: JobAddress;
}) {
  const navigate = useNavigate();
  const names = useQuery(metricNames(kind, name, isRunning));
  if (names.error) return <Trouble error={names.error} what="the metrics" />;
  if (names.isPending) return <p className="soft">Loading …</p>;
  if (names.data.length === 0 && isRunning) {
    return <p className="soft">No point yet. The metrics of the job appear here as it writes them.</p>;
  }
  if (names.data.length === 0) {
    return (
      <div className="card empty">
        <h2>This job has no metrics</h2>
        <p className="soft">
          A MetricDefinition finds numbers in its log; with <code>clary train</code> it is an option:
        </p>
        <pre tabIndex={0}>--metric 'loss=loss ([0-9.]+)'</pre>
      </div>
    );
  }
  const settings: LineSettings = {
    smoothing: address.smooth ?? 0,
    isLogX: address.logx ?? false,
    isLogY: address.log ?? false,
  };
  const change = (changes: JobAddress): void =>
    void navigate({ to: ".", search: { ...address, ...changes }, replace: true });
  return (
    <div className="stack">
      <LineSettingsBar
        settings={settings}
        choice={{ axis: address.x ?? "Step" }}
        metrics={[]}
        onSettings={({ smoothing, isLogX, isLogY }) =>
          change({ smooth: smoothing || undefined, logx: isLogX || undefined, log: isLogY || undefined })
        }
        onChoice={({ axis }) => change({ x: axis === "Step" || axis === "Metric" ? undefined : axis })}
      />
      <div className="charts">
        {names.data.map((metric) => (
          <MetricLines
            key={metric}
            title={metric}
            wanted={[{ ResourceArn: arn, MetricName: metric, name: metric, run: name }]}
            axis={address.x ?? "Step"}
            settings={settings}
            sync={name}
            everyMs={isRunning ? 2_000 : false}
            note={(answer) => <Extent answer={answer} isLog={settings.isLogY} />}
          />
        ))}
      </div>
    </div>
  );
}

function Extent({ answer: { XAxis, Series }, isLog }: { answer: SeriesAnswer; isLog: boolean }) {
  const found = Series[0];
  if (found === undefined) return null;
  return (
    <>
      {found.Count.toLocaleString("en")} point{found.Count === 1 ? "" : "s"} by {XAxis === "Step" ? "step" : "time"},{" "}
      {number(found.Minimum ?? undefined)} to {number(found.Maximum ?? undefined)}, last{" "}
      {found.Last === null ? "not a number" : number(found.Last)}
      {isLog && (found.Minimum ?? 0) <= 0 ? "; a logarithmic scale shows only what is above 0" : ""}
    </>
  );
}
