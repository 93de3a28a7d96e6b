// For somebody who has trained nothing yet.
import { CopyButton } from "../../components/copy";

/** As in README's five minutes; a test holds them together. */
export const FIRST_LINES = [
  "clary demo",
  "cd clary-demo",
  "clary train train.py --image pytorch:2.6 --input training=./data -- --epochs 3",
];

export function FirstTime() {
  const lines = FIRST_LINES.join("\n");
  return (
    <div className="empty">
      <h1>Nothing has been trained here yet</h1>
      <p className="soft">
        In a shell, these three lines train a network on handwritten digits, and then train it again with your own hands:
      </p>
      <pre tabIndex={0}>{lines}</pre>
      <CopyButton text={lines} label="Copy" />
    </div>
  );
}
