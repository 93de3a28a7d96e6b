// Where on the axis of steps a rule has fired.
import { number } from "../lib/format";

const WIDTH = 600;

export function RuleStrip({ steps }: { steps: readonly number[] }) {
  // Not with Math.min(...steps): a rule may fire very often.
  const first = steps.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const last = steps.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  const span = Math.max(last - first, 1);
  const places = [...new Set(steps.map((step) => Math.round(((step - first) / span) * (WIDTH - 4)) + 2))];
  return (
    <figure className="rule-strip">
      <svg viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
        <path d={places.map((x) => `M${x} 2v16`).join("")} />
      </svg>
      <figcaption>
        <span>step {number(first)}</span>
        {last > first && <span>step {number(last)}</span>}
      </figcaption>
    </figure>
  );
}
