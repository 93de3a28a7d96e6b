// How lines are drawn: smoothing, scales, what x is.
import type { AxisName } from "../../api/series";
import type { LineSettings } from "./line-chart";

export interface AxisChoice {
  axis: AxisName;
  xMetric?: string | undefined;
}

const AXES: { axis: AxisName; title: string }[] = [
  { axis: "Step", title: "Step" },
  { axis: "RelativeTime", title: "Relative time" },
  { axis: "Time", title: "Time" },
  { axis: "Metric", title: "A metric" },
];

export function LineSettingsBar({
  settings,
  choice,
  metrics,
  onSettings,
  onChoice,
}: {
  settings: LineSettings;
  choice: AxisChoice;
  /** That may be the x axis. */
  metrics: string[];
  onSettings: (settings: LineSettings) => void;
  onChoice: (choice: AxisChoice) => void;
}) {
  return (
    <div className="chart-settings" role="group" aria-label="How lines are drawn">
      <label>
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={settings.smoothing}
          onChange={(event) => onSettings({ ...settings, smoothing: Number(event.target.value) })}
        />
        <output className="mono">{settings.smoothing.toFixed(2)}</output>
      </label>
      <label>
        X
        <select
          className="field"
          value={choice.axis}
          onChange={(event) => {
            const axis = AXES.find((each) => each.axis === event.target.value)?.axis ?? "Step";
            onChoice({ axis, xMetric: axis === "Metric" ? (choice.xMetric ?? metrics[0]) : undefined });
          }}
        >
          {AXES.filter(({ axis }) => axis !== "Metric" || metrics.length > 0).map(({ axis, title }) => (
            <option key={axis} value={axis}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {choice.axis === "Metric" && (
        <select
          className="field"
          aria-label="Metric of the x axis"
          value={choice.xMetric ?? ""}
          onChange={(event) => onChoice({ axis: "Metric", xMetric: event.target.value })}
        >
          {metrics.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )}
      <label>
        <input
          type="checkbox"
          checked={settings.isLogX}
          onChange={(event) => onSettings({ ...settings, isLogX: event.target.checked })}
        />
        Logarithmic x
      </label>
      <label>
        <input
          type="checkbox"
          checked={settings.isLogY}
          onChange={(event) => onSettings({ ...settings, isLogY: event.target.checked })}
        />
        Logarithmic y
      </label>
    </div>
  );
}
