// What can be done with the selected components.
import type { ComponentAction } from "./component-dialogs";

export function SelectionBar({
  count,
  mostCompared,
  isInTrial,
  onCompare,
  onAction,
  onClear,
}: {
  count: number;
  mostCompared: number;
  isInTrial: boolean;
  onCompare: () => void;
  onAction: (type: ComponentAction["type"]) => void;
  onClear: () => void;
}) {
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected components">
      <strong>{count.toLocaleString("en")} selected</strong>
      <button type="button" className="button small primary" disabled={count < 2} onClick={onCompare}>
        {count > mostCompared ? `Compare the first ${mostCompared}` : "Compare"}
      </button>
      <button type="button" className="button small" onClick={() => onAction("tag")}>
        Tag …
      </button>
      <button type="button" className="button small" onClick={() => onAction("associate")}>
        Add to a trial …
      </button>
      {isInTrial && (
        <button type="button" className="button small" onClick={() => onAction("disassociate")}>
          Take out of this trial …
        </button>
      )}
      <button type="button" className="button small danger" onClick={() => onAction("delete")}>
        Delete …
      </button>
      <button type="button" className="button small plain" onClick={onClear}>
        Clear
      </button>
    </div>
  );
}
