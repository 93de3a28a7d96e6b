// The settings of one chart, in a dialog.
import { type ReactNode, useState } from "react";
import { type ChartSpec, KIND_TITLES, type Offered, usualTitle } from "../../lib/board";
import { Dialog } from "../dialog";
import { ColumnField, ColumnList, columnChoices } from "./column-field";

export function ChartEditor({
  chart: given,
  offered,
  isNew,
  onDone,
  onClose,
}: {
  chart: ChartSpec;
  offered: Offered;
  isNew: boolean;
  onDone: (chart: ChartSpec) => void;
  onClose: () => void;
}) {
  const [chart, setChart] = useState(given);
  const change = (changes: Partial<ChartSpec>): void => setChart({ ...chart, ...changes });
  const all = columnChoices(offered, "all");
  const metrics = columnChoices(offered, "metrics");
  const names = columnChoices(offered, "names");
  const column = (label: string, member: "X" | "Y" | "Colour" | "Value" | "GroupBy", choices = all): ReactNode => (
    <ColumnField
      label={label}
      value={chart[member] ?? ""}
      choices={choices}
      onChange={(path) => change({ [member]: path })}
    />
  );
  const flag = (label: string, member: "LogX" | "LogY"): ReactNode => (
    <label className="form-flag">
      <input
        type="checkbox"
        checked={chart[member] ?? false}
        onChange={(event) => change({ [member]: event.target.checked })}
      />
      {label}
    </label>
  );
  return (
    <Dialog label={isNew ? "Add a chart" : "Change the chart"} onClose={onClose}>
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          onDone(cleaned(chart));
        }}
      >
        <h2>{KIND_TITLES[chart.Kind]}</h2>
        <label className="form-field">
          Title
          <input
            className="field"
            value={chart.Title}
            maxLength={200}
            placeholder={usualTitle(chart)}
            onChange={(event) => change({ Title: event.target.value })}
          />
        </label>
        {chart.Kind === "Line" && (
          <>
            <ColumnList
              label="Metrics"
              values={chart.Metrics ?? []}
              choices={names}
              most={10}
              onChange={(Metrics) => change({ Metrics })}
            />
            <div className="form-pair">
              <label className="form-field">
                X is
                <select
                  className="field"
                  value={chart.Axis ?? "Step"}
                  onChange={(event) => change({ Axis: event.target.value as NonNullable<ChartSpec["Axis"]> })}
                >
                  <option value="Step">Step</option>
                  <option value="RelativeTime">Relative time</option>
                  <option value="Time">Time</option>
                  <option value="Metric">Another metric</option>
                </select>
              </label>
              {chart.Axis === "Metric" && (
                <ColumnField
                  label="Metric of the x axis"
                  value={chart.XMetric ?? ""}
                  choices={names}
                  onChange={(XMetric) => change({ XMetric })}
                />
              )}
            </div>
            {column("Group runs by (mean, lowest and highest)", "GroupBy")}
            <label className="form-field">
              Smoothing {chart.Smoothing === undefined ? "as the board" : chart.Smoothing.toFixed(2)}
              <input
                type="range"
                min={0}
                max={0.99}
                step={0.01}
                value={chart.Smoothing ?? 0}
                onChange={(event) => change({ Smoothing: Number(event.target.value) })}
              />
            </label>
            <div className="row">
              {flag("Logarithmic x", "LogX")}
              {flag("Logarithmic y", "LogY")}
            </div>
          </>
        )}
        {chart.Kind === "Scatter" && (
          <>
            <div className="form-pair">
              {column("X", "X")}
              {column("Y", "Y")}
            </div>
            {column("Colour by (each run's own without one)", "Colour")}
            <div className="row">
              {flag("Logarithmic x", "LogX")}
              {flag("Logarithmic y", "LogY")}
            </div>
          </>
        )}
        {chart.Kind === "Bar" && (
          <>
            {column("Value", "Value")}
            {column("Group runs by (mean)", "GroupBy")}
            {flag("Logarithmic scale", "LogY")}
          </>
        )}
        {chart.Kind === "Histogram" && (
          <>
            {column("Value", "Value")}
            <label className="form-field">
              Bins
              <input
                className="field"
                type="number"
                min={2}
                max={200}
                value={chart.Bins ?? ""}
                placeholder="Chosen by the number of runs"
                onChange={(event) => change({ Bins: Number(event.target.value) })}
              />
            </label>
            {flag("Logarithmic bins", "LogX")}
          </>
        )}
        {chart.Kind === "Parallel" && (
          <>
            <ColumnList
              label="Axes"
              values={chart.Columns ?? []}
              choices={all}
              most={12}
              onChange={(Columns) => change({ Columns })}
            />
            {column("Colour by one of the axes", "Colour", all.filter(({ path }) => chart.Columns?.includes(path)))}
          </>
        )}
        {chart.Kind === "Importance" && column("Metric", "Value", metrics)}
        <label className="form-field">
          Height
          <select
            className="field"
            value={chart.Height ?? 1}
            onChange={(event) => change({ Height: Number(event.target.value) })}
          >
            <option value={1}>Usual</option>
            <option value={1.5}>Tall</option>
            <option value={2}>Twice</option>
          </select>
        </label>
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary">
            {isNew ? "Add" : "Keep"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Without members that say nothing: an empty group is no group. */
function cleaned(chart: ChartSpec): ChartSpec {
  const entries = Object.entries(chart).filter(([name, value]) => name === "Title" || (value !== "" && value !== false));
  const kept = Object.fromEntries(entries) as unknown as ChartSpec;
  if (!(Number(kept.Bins) >= 2)) delete kept.Bins;
  return kept;
}
