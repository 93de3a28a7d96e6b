// What a new job differs in from the old one, value by value, and the button that starts it.
import { Card } from "../../components/facts";
import { Trouble } from "../../components/trouble";
import type { Difference } from "../../lib/differences";

export function Changes({
  changed,
  error,
  isBusy,
  onUndo,
  onStartOver,
  onStart,
}: {
  changed: Difference[];
  error: Error | null;
  isBusy: boolean;
  onUndo: (each: Difference) => void;
  onStartOver: () => void;
  onStart: () => void;
}) {
  return (
    <div className="changes stack tight">
      <Card
        title={`${changed.length} change${changed.length === 1 ? "" : "s"}`}
        action={
          <button type="button" className="button small" onClick={onStartOver}>
            Start over
          </button>
        }
      >
        {/* Keys scroll it. */}
        <ul className="change-list" tabIndex={0} aria-label="What differs from the old job">
          {changed.map((each) => (
            <li key={each.name}>
              <div className="row spread">
                <span className="mono change-name">{each.name}</span>
                <button type="button" className="button small plain" onClick={() => onUndo(each)}>
                  Undo<span className="hidden-text"> the change of {each.name}</span>
                </button>
              </div>
              {each.before !== undefined && (
                <del className="mono">
                  <span className="hidden-text">before: </span>
                  {text(each.before)}
                </del>
              )}
              {each.after !== undefined && (
                <ins className="mono">
                  <span className="hidden-text">now: </span>
                  {text(each.after)}
                </ins>
              )}
            </li>
          ))}
        </ul>
      </Card>
      {error && (
        <div className="start-error">
          <Trouble error={error} what="this job" not="started" may="start" />
        </div>
      )}
      <button type="button" className="button primary" disabled={isBusy} onClick={onStart}>
        {isBusy ? "Starting …" : "Start the job"}
      </button>
    </div>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value || '""' : JSON.stringify(value);
}
