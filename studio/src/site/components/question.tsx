// A question before what can't be undone.
import { Dialog } from "./dialog";
import { Trouble } from "./trouble";

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
