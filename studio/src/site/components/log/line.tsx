// One line of a log, with the colours of a terminal. Its number is a link to it.
import { memo } from "react";
import { pieces } from "../../lib/ansi";

export const Line = memo(function Line({
  number,
  text,
  host,
  title,
  tone,
  onMark,
}: {
  number: number;
  /** undefined: it is being read. */
  text: string | undefined;
  host: string | undefined;
  title: string;
  tone: string;
  onMark: (line: number) => void;
}) {
  return (
    <div className={`line${tone}`}>
      <button
        type="button"
        className="line-number"
        tabIndex={-1}
        title={title}
        aria-label={`Link to line ${number + 1}`}
        onClick={() => onMark(number)}
      >
        {number + 1}
      </button>
      {host !== undefined && <span className="line-host">{host}</span>}
      <span className="line-text">
        {text === undefined
          ? "…"
          : pieces(text).map((piece, place) => (
              <span key={place} className={piece.styles.join(" ")}>
                {piece.text}
              </span>
            ))}
      </span>
    </div>
  );
});
