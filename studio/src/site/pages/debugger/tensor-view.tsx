// One tensor over its steps, or two beside each other on the same axis.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { tensorSeries } from "../../api/debugger";
import type { TensorSeries } from "../../api/debugger-operations";
import type { RuleFindings } from "../../api/job-parts";
import { LineChart } from "../../components/charts/line-chart";
import { Copyable } from "../../components/copy";
import { Trouble } from "../../components/trouble";
import type { Range } from "../../lib/curves";
import type { DebuggerAddress } from "../../lib/debugger-address";
import { linesOf, marksOf, nearestStep } from "../../lib/tensor-lines";
import { HistogramCard } from "./histogram-card";
import { StatisticsTable } from "./statistics-table";
import { ValueCard } from "./value-card";

export function TensorView({
  name,
  rules,
  isLive,
  address,
  onChange,
}: {
  name: string;
  rules: RuleFindings[];
  isLive: boolean;
  address: DebuggerAddress;
  onChange: (changes: DebuggerAddress) => void;
}) {
  const { tensor = "", other } = address;
  const [zoom, setZoom] = useState<Range>();
  const [isLog, setIsLog] = useState(false);
  const asked = useQuery(tensorSeries(name, tensor, address, isLive));
  const second = useQuery({ ...tensorSeries(name, other ?? "", address, isLive), enabled: other !== undefined });
  const shown = useMemo(
    () => [asked.data, other === undefined ? undefined : second.data].filter((each) => each !== undefined),
    [asked.data, second.data, other],
  );
  const lines = useMemo(
    () => shown.flatMap((series) => linesOf(series, shown.length > 1 ? `${series.Tensor} ` : "")),
    [shown],
  );
  const names = useMemo(() => (other === undefined ? [tensor] : [tensor, other]), [tensor, other]);
  const marks = useMemo(() => marksOf(rules, names), [rules, names]);
  const error = asked.error ?? second.error;
  if (error) return <Trouble error={error} what="the tensor" />;
  if (asked.data === undefined) return <p className="soft">Loading …</p>;
  if (asked.data.Steps.length === 0) {
    return (
      <div className="card empty">
        <h2>{tensor} has no complete step here</h2>
        {asked.data.Problems.map((problem) => (
          <p key={problem} className="reason">
            {problem}
          </p>
        ))}
        <p className="soft">Choose another mode or worker, or another tensor.</p>
      </div>
    );
  }
  const step = nearestStep(asked.data.Steps, address.step);
  return (
    <div className="stack">
      {shown.map((series) => (
        <Head key={series.Tensor} series={series} onClose={shown.length > 1 && series.Tensor === other ? () => onChange({ other: undefined }) : undefined} />
      ))}
      {asked.data.Texts.length > 0 ? (
        <section className="card" aria-label="Texts">
          <h2>Texts of the last step</h2>
          <ol className="mono texts">
            {asked.data.Texts.map((text, at) => (
              <li key={at}>{text}</li>
            ))}
          </ol>
        </section>
      ) : (
        <>
          <LineChart
            title="Over steps"
            lines={lines}
            settings={{ smoothing: 0, isLogX: false, isLogY: isLog }}
            axis="step"
            zoom={zoom}
            onZoom={setZoom}
            marks={marks}
            isBusy={asked.data.Partial}
            empty="No finite value."
            actions={
              <button type="button" className="button small" aria-pressed={isLog} onClick={() => setIsLog(!isLog)}>
                log
              </button>
            }
            note={noteOf(asked.data, marks.length)}
          />
          <div className={shown.length > 1 ? "side-by-side" : "stack"}>
            {shown.map((series) => (
              <div key={series.Tensor} className="stack">
                {series.Histogram && (
                  <HistogramCard
                    title={shown.length > 1 ? `Distribution of ${series.Tensor}` : "Distribution"}
                    series={series}
                    histogram={series.Histogram}
                    marks={marksOf(rules, [series.Tensor])}
                    shape={address.shape}
                    onShape={(shape) => onChange({ shape })}
                  />
                )}
                {step !== undefined && series.Type !== "" && (series.Sizes.at(-1) ?? 0) > 1 && (
                  <ValueCard
                    title={shown.length > 1 ? `Values of ${series.Tensor}` : "Values"}
                    name={name}
                    series={series}
                    address={address}
                    onChange={onChange}
                  />
                )}
              </div>
            ))}
          </div>
          {shown.map((series) => (
            <StatisticsTable key={series.Tensor} series={series} rules={rules} isOne={shown.length === 1} />
          ))}
        </>
      )}
    </div>
  );
}

function Head({ series, onClose }: { series: TensorSeries; onClose: (() => void) | undefined }) {
  return (
    <div className="tensor-head">
      <h2>
        <Copyable text={series.Tensor} what="the name of the tensor" />
      </h2>
      <p className="soft">
        {series.Shape.length > 0 ? series.Shape.join(" × ") : "one number"}
        {series.Type && ` · ${series.Type}`} · {series.SavedSteps.toLocaleString("en")}{" "}
        {series.SavedSteps === 1 ? "step" : "steps"}
        {series.Type === "" && " · reductions only"}
      </p>
      {onClose && (
        <button type="button" className="button small" onClick={onClose}>
          Compare no longer
        </button>
      )}
    </div>
  );
}

function noteOf(series: TensorSeries, marks: number): string {
  const parts = [];
  if (series.Partial) parts.push(`${series.Steps.length} of ${series.SavedSteps} steps so far`);
  else if (series.Steps.length < series.SavedSteps) parts.push(`${series.Steps.length} of ${series.SavedSteps} steps, evenly chosen`);
  if (!series.Values && series.Quantiles["p5"]?.some((each) => each !== null)) parts.push("the band is that of 90 % of the values");
  const broken = series.NaN.filter((nan, at) => nan + (series.Infinite[at] ?? 0) > 0).length;
  if (broken > 0) parts.push(`${broken} steps have values that are NaN or infinite, which are left out`);
  if (marks > 0) parts.push("◆ a rule has found something");
  return parts.join("; ");
}
