// A job's metrics: a chart for each.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { type Curve, curve, metricNames } from "../../api/metrics";
import { Trouble } from "../../components/trouble";
import { number } from "../../lib/format";
import type { JobAddress } from "../../lib/job-address";
import type { JobKind } from "../../lib/jobs";
import { useTheme } from "../../theme";

const MetricChart = lazy(() => import("../../components/metric-chart"));

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
  const curves = useQueries({
    queries: (names.data ?? []).map((metric) => curve(kind, name, arn, metric, isRunning)),
  });
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
  return (
    <div className="stack">
      <div className="toolbar">
        <button
          type="button"
          className="button"
          aria-pressed={address.log ?? false}
          onClick={() =>
            void navigate({
              to: ".",
              search: { ...address, log: address.log ? undefined : true },
              replace: true,
            })
          }
        >
          {address.log ? "Linear scale" : "Logarithmic scale"}
        </button>
      </div>
      <div className="charts">
        {curves.map((found, index) =>
          found.error ? (
            <Trouble key={names.data[index]} error={found.error} what={`the metric ${names.data[index]}`} />
          ) : found.data ? (
            <MetricCard key={names.data[index]} found={found.data} isLog={address.log ?? false} />
          ) : (
            <section key={names.data[index]} className="card" aria-busy="true">
              <header>
                <h2>{names.data[index]}</h2>
              </header>
              <div className="chart" />
            </section>
          ),
        )}
      </div>
    </div>
  );
}

function MetricCard({ found, isLog }: { found: Curve; isLog: boolean }) {
  const theme = useTheme();
  const [point, setPoint] = useState<{ x: number; value: number }>();
  const last = found.values.at(-1);
  const finite = found.values.filter(Number.isFinite);
  const low = finite.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const high = finite.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  return (
    <section className="card" aria-label={`Metric ${found.name}`}>
      <header>
        <h2>{found.name}</h2>
        <span className="soft">
          {point ? `${found.axis} ${number(point.x)}: ${number(point.value)}` : `last ${number(last)}`}
        </span>
      </header>
      <Suspense fallback={<div className="chart" />}>
        <MetricChart
          curve={found}
          isLog={isLog && low > 0}
          theme={theme}
          onPoint={(x, value) =>
            setPoint(x === undefined || value === undefined ? undefined : { x, value })
          }
        />
      </Suspense>
      <p className="soft">
        {found.values.length.toLocaleString("en")} point{found.values.length === 1 ? "" : "s"} by {found.axis},{" "}
        {number(low)} to {number(high)}
        {isLog && low <= 0 ? "; not all are above 0, so the scale is linear" : ""}
      </p>
    </section>
  );
}
