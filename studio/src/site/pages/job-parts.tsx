// What the pages of training and processing jobs share: the head, the metrics, the log.
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { logStreams, useLog } from "../api/logs";
import { type Curve, curve, metricNames } from "../api/metrics";
import { LogView } from "../components/log-view";
import { Status } from "../components/status";
import { Trouble } from "../components/trouble";
import { Dialog } from "../components/dialog";
import { number } from "../lib/format";
import { type JobKind, KINDS } from "../lib/jobs";
import type { JobAddress } from "../routes";
import { useTheme } from "../theme";

const MetricChart = lazy(() => import("../components/metric-chart"));

const TABS = [
  { tab: undefined, title: "Overview" },
  { tab: "metrics", title: "Metrics" },
  { tab: "log", title: "Log" },
] as const;

export function JobHead({
  kind,
  name,
  status,
  secondary,
  actions,
  address,
}: {
  kind: JobKind;
  name: string;
  status: string;
  secondary: string;
  actions: ReactNode;
  address: JobAddress;
}) {
  return (
    <header className="stack job-head">
      <nav aria-label="Where this is">
        <Link to={KINDS[kind].path}>{KINDS[kind].title}</Link>
      </nav>
      <div className="row spread">
        <h1 className="job-name">{name}</h1>
        <div className="row">{actions}</div>
      </div>
      <div className="row" role="status">
        <Status status={status} badge />
        <span className="soft">{secondary}</span>
      </div>
      <nav className="tabs" aria-label="Parts of the job">
        {TABS.map(({ tab, title }) => (
          <Link
            key={title}
            to="."
            search={tab === undefined ? {} : { tab }}
            replace
            {...(address.tab === tab ? { "aria-current": "page" as const } : {})}
            activeProps={{}}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {title}
          </Link>
        ))}
      </nav>
    </header>
  );
}

export function Question({
  title,
  text,
  yes,
  error,
  isBusy,
  onYes,
  onClose,
}: {
  title: string;
  text: string;
  yes: string;
  error: Error | null;
  isBusy: boolean;
  onYes: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog label={title} onClose={onClose}>
      <div className="dialog-body">
        <h2>{title}</h2>
        <p>{text}</p>
        {error && <Trouble error={error} what="this" />}
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="button danger" disabled={isBusy} onClick={onYes}>
            {yes}
          </button>
        </div>
      </div>
    </Dialog>
  );
}

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

export function JobLog({
  kind,
  name,
  isRunning,
  address,
}: {
  kind: JobKind;
  name: string;
  isRunning: boolean;
  address: JobAddress;
}) {
  const navigate = useNavigate();
  const streams = useQuery(logStreams(kind, name, isRunning));
  const hosts = (streams.data ?? []).map((stream) => stream.slice(name.length + 1));
  const host = address.host !== undefined && hosts.includes(address.host) ? address.host : hosts[0];
  const log = useLog(kind, host === undefined ? undefined : `${name}/${host}`, isRunning);
  const change = (changes: JobAddress): void =>
    void navigate({ to: ".", search: { ...address, ...changes }, replace: true });
  if (streams.error) return <Trouble error={streams.error} what="the log" />;
  if (host === undefined) {
    return (
      <p className="soft">
        {streams.isPending ? "Loading …" : isRunning ? "The log begins when the script does." : "This job has no log."}
      </p>
    );
  }
  return (
    <div className="stack tight">
      {hosts.length > 1 && (
        <label className="row">
          Host
          <select className="field" value={host} onChange={(event) => change({ host: event.target.value })}>
            {hosts.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
      )}
      {log.error && <Trouble error={log.error} what="the end of the log" />}
      <LogView log={log} search={address.find ?? ""} onSearch={(text) => change({ find: text || undefined })} />
    </div>
  );
}
