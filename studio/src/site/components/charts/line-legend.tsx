// The lines of a chart: pointing at one shows it alone, a click hides it.
import { useState } from "react";
import type { Line } from "../../lib/curves";
import { runColour } from "../../lib/run-colour";

const MOST_LEGEND = 8;

export function Legend({
  lines,
  hidden,
  dashes,
  onToggle,
  onEmphasis,
}: {
  lines: Line[];
  hidden: ReadonlySet<string>;
  dashes: Map<string, number>;
  onToggle: (key: string) => void;
  onEmphasis: (key: string | undefined) => void;
}) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? lines : lines.slice(0, MOST_LEGEND);
  return (
    <ul className="chart-legend" aria-label="Lines">
      {shown.map(({ key, name, run, variant = 0 }) => (
        <li key={key}>
          <button
            type="button"
            aria-pressed={!hidden.has(key)}
            title={hidden.has(key) ? `Show ${name}` : `Hide ${name}`}
            onClick={() => onToggle(key)}
            onMouseEnter={() => onEmphasis(key)}
            onMouseLeave={() => onEmphasis(undefined)}
            onFocus={() => onEmphasis(key)}
            onBlur={() => onEmphasis(undefined)}
          >
            {(dashes.get(run) ?? 0) + variant > 0 ? (
              <span className="swatch dashed" style={{ color: runColour(run) }} />
            ) : (
              <span className="swatch" style={{ background: runColour(run) }} />
            )}
            {name}
          </button>
        </li>
      ))}
      {lines.length > MOST_LEGEND && (
        <li>
          <button type="button" className="more" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? "Fewer" : `${lines.length - MOST_LEGEND} more`}
          </button>
        </li>
      )}
    </ul>
  );
}
