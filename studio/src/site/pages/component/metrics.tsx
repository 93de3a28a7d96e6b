// All that is known of a component's metrics without their points: one row each.
import { useCallback, useMemo, useState } from "react";
import type { TrialComponent } from "../../api/tracking-operations";
import { EntityLink } from "../../components/entity-link";
import { parseArn } from "../../lib/arns";
import { metricsOf, sortedMetrics } from "../../lib/component";
import { type ComponentAddress, METRIC_SORTS, type MetricSort } from "../../lib/component-address";
import { instant, number } from "../../lib/format";
import { FilterField, matches } from "./filter";

const TITLES: Record<MetricSort, string> = {
  MetricName: "Metric",
  Last: "Last",
  Min: "Minimum",
  Max: "Maximum",
  Avg: "Average",
  StdDev: "Deviation",
  Count: "Points",
  TimeStamp: "Last at",
};
const FIRST_ROWS = 300;

export function ComponentMetrics({
  component,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const all = useMemo(() => metricsOf(component), [component]);
  const [isWhole, setIsWhole] = useState(false);
  const onFilter = useCallback((filter: string | undefined) => onChange({ filter }), [onChange]);
  const sort = address.by ?? "MetricName";
  const found = useMemo(
    () =>
      sortedMetrics(
        all.filter(({ MetricName }) => matches(MetricName, address.filter)),
        sort,
        address.down ?? false,
      ),
    [all, address.filter, sort, address.down],
  );
  if (all.length === 0) {
    return (
      <div className="card empty">
        <h2>It has no metrics</h2>
        <p className="soft">
          A metric definition of a job finds numbers in its log. <code>run.log_metric(name, value, step=…)</code> writes
          them from a script or a notebook.
        </p>
      </div>
    );
  }
  const owners = new Set(all.map(({ SourceArn }) => SourceArn));
  const shown = isWhole ? found : found.slice(0, FIRST_ROWS);
  const next = (column: MetricSort): void => {
    const isDown = sort === column ? !address.down : column !== "MetricName";
    onChange({ by: column === "MetricName" ? undefined : column, down: isDown || undefined });
  };
  return (
    <div className="stack tight">
      <div className="toolbar">
        <FilterField value={address.filter} label="Filter metrics by name" onChange={onFilter} />
        <span className="soft" role="status">
          {found.length.toLocaleString("en")} of {all.length.toLocaleString("en")}
        </span>
      </div>
      <div className="card scroll">
        <table className="plain-table metrics-table">
          <thead>
            <tr>
              {METRIC_SORTS.map((column) => (
                <th
                  key={column}
                  scope="col"
                  className={column === "MetricName" ? "" : "number"}
                  {...(sort === column && { "aria-sort": address.down ? "descending" : "ascending" })}
                >
                  <button type="button" className="sort" onClick={() => next(column)}>
                    {TITLES[column]}
                    {sort === column && <span aria-hidden="true">{address.down ? "↓" : "↑"}</span>}
                  </button>
                </th>
              ))}
              {owners.size > 1 && <th scope="col">Written by</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={`${row.SourceArn} ${row.MetricName}`}>
                <th scope="row">{row.MetricName}</th>
                {(["Last", "Min", "Max", "Avg", "StdDev"] as const).map((member) => (
                  <td key={member} className="number mono">
                    {number(row[member])}
                  </td>
                ))}
                <td className="number mono">{row.Count.toLocaleString("en")}</td>
                <td className="number mono when">{row.TimeStamp > 0 ? instant(row.TimeStamp) : ""}</td>
                {owners.size > 1 && (
                  <td>
                    <EntityLink arn={row.SourceArn}>{parseArn(row.SourceArn)?.id}</EntityLink>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
        {found.length === 0 && <p className="soft">No name has this.</p>}
      </div>
      {shown.length < found.length && (
        <button type="button" className="button" onClick={() => setIsWhole(true)}>
          Show all {found.length.toLocaleString("en")}
        </button>
      )}
    </div>
  );
}
