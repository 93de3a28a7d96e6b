// A component's curves, and the graphs and tables that were logged with it.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { lineage } from "../../api/lineage";
import type { TrialComponent } from "../../api/tracking-operations";
import type { LineSettings } from "../../components/charts/line-chart";
import { LineSettingsBar } from "../../components/charts/line-settings";
import { MetricLines } from "../../components/charts/metric-lines";
import { type LoggedArtifact, LoggedCard } from "../../components/logged/logged";
import { Trouble } from "../../components/trouble";
import { metricsOf } from "../../lib/component";
import type { ComponentAddress } from "../../lib/component-address";
import { number } from "../../lib/format";
import { isRunning } from "../../lib/jobs";
import { LOGGED_TYPES } from "../../lib/logged";
import { FilterField, matches } from "./filter";

const FEW_CHARTS = 24;

export function ComponentCharts({
  component,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const { artifacts, error, isPending } = useLogged(component.TrialComponentArn ?? "");
  const metrics = metricsOf(component);
  if (metrics.length === 0 && artifacts.length === 0 && !isPending && !error) {
    return (
      <div className="card empty">
        <h2>There is nothing to draw</h2>
        <p className="soft">
          Metrics are drawn here, and what <code>run.log_confusion_matrix</code>, <code>log_roc_curve</code>,{" "}
          <code>log_precision_recall</code> and <code>tracker.log_table</code> store.
        </p>
      </div>
    );
  }
  return (
    <div className="stack">
      {metrics.length > 0 && <Curves component={component} address={address} onChange={onChange} />}
      {error && <Trouble error={error} what="what was logged" />}
      {artifacts.length > 0 && (
        <section className="stack tight" aria-label="Logged">
          <h2>Logged graphs and tables</h2>
          <div className="charts">
            {artifacts.map((artifact) => (
              <LoggedCard key={artifact.arn} artifact={artifact} />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

/** The SDK stores graphs as artifacts of the lineage, not of the component. */
function useLogged(arn: string): { artifacts: LoggedArtifact[]; error: Error | null; isPending: boolean } {
  const asked = useQuery({ ...lineage(arn, undefined, 1), enabled: arn !== "" });
  const artifacts = useMemo(() => {
    const types: readonly string[] = LOGGED_TYPES;
    const place = (type: string): number => types.indexOf(type);
    return (asked.data?.Vertices ?? [])
      .filter((vertex) => types.includes(vertex.Type) && vertex.Uri !== undefined)
      .map(({ Arn, Name, Type, Uri }) => ({ arn: Arn, name: Name ?? "", type: Type, uri: Uri ?? "" }))
      .sort((one, other) => place(one.type) - place(other.type) || one.name.localeCompare(other.name));
  }, [asked.data]);
  return { artifacts, error: asked.error, isPending: asked.isPending };
}

function Curves({
  component,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const [count, setCount] = useState(FEW_CHARTS);
  const onFilter = useCallback((filter: string | undefined) => onChange({ filter }), [onChange]);
  const all = useMemo(() => metricsOf(component), [component]);
  const found = useMemo(
    () => all.filter(({ MetricName }) => matches(MetricName, address.filter)),
    [all, address.filter],
  );
  const shown = found.slice(0, count);
  const settings: LineSettings = {
    smoothing: address.smooth ?? 0,
    isLogX: address.logx ?? false,
    isLogY: address.log ?? false,
  };
  const run = component.TrialComponentName ?? "";
  const runs = isRunning(component.Status?.PrimaryStatus ?? "");
  return (
    <section className="stack tight" aria-label="Metrics">
      <LineSettingsBar
        settings={settings}
        choice={{ axis: address.x ?? "Step" }}
        metrics={[]}
        onSettings={({ smoothing, isLogX, isLogY }) =>
          onChange({ smooth: smoothing || undefined, logx: isLogX || undefined, log: isLogY || undefined })
        }
        onChoice={({ axis }) => onChange({ x: axis === "Step" || axis === "Metric" ? undefined : axis })}
      />
      {all.length > 6 && (
        <div className="toolbar">
          <FilterField value={address.filter} label="Filter metrics by name" onChange={onFilter} />
        </div>
      )}
      <div className="charts">
        {shown.map(({ SourceArn, MetricName, Count, Min, Max }) => (
          <MetricLines
            key={`${SourceArn} ${MetricName}`}
            title={MetricName}
            wanted={[{ ResourceArn: SourceArn, MetricName, name: MetricName, run }]}
            axis={address.x ?? "Step"}
            settings={settings}
            sync={run}
            everyMs={runs ? 2_000 : false}
            note={() =>
              `${Count.toLocaleString("en")} point${Count === 1 ? "" : "s"}, ${number(Min)} to ${number(Max)}`
            }
          />
        ))}
      </div>
      {found.length === 0 && <p className="soft">No name has this.</p>}
      {shown.length < found.length && (
        <button type="button" className="button" onClick={() => setCount(count + FEW_CHARTS)}>
          Show more: {(found.length - shown.length).toLocaleString("en")} are left
        </button>
      )}
    </section>
  );
}
