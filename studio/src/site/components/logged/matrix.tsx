// A confusion matrix as a heat map that can be read: each cell has its number, and says what it counts.
import { useMemo, useState } from "react";
import { number } from "../../lib/format";
import { type LoggedMatrix, scoresOf } from "../../lib/logged";

/** Beyond so many classes a cell has no room for its number. */
const MOST_NUMBERED = 30;

export function MatrixView({ matrix }: { matrix: LoggedMatrix }) {
  const { counts } = matrix;
  const [isShare, setIsShare] = useState(false);
  const [place, setPlace] = useState<[number, number]>();
  const scores = useMemo(() => scoresOf(counts), [counts]);
  const most = useMemo(() => Math.max(1, ...counts.map((row) => Math.max(...row))), [counts]);
  const isNumbered = counts.length <= MOST_NUMBERED;
  const shareOf = (row: number, count: number): number => {
    const all = scores.classes[row]?.count ?? 0;
    return all > 0 ? count / all : 0;
  };
  const [row, column] = place ?? [0, 0];
  const count = counts[row]?.[column] ?? 0;
  return (
    <div className="stack tight">
      <div className="toolbar">
        <div className="switch" role="group" aria-label="What the cells show">
          <button type="button" className="button small" aria-pressed={!isShare} onClick={() => setIsShare(false)}>
            Counts
          </button>
          <button type="button" className="button small" aria-pressed={isShare} onClick={() => setIsShare(true)}>
            Share of the true class
          </button>
        </div>
        <span>
          Accuracy <strong className="mono">{number(scores.accuracy)}</strong>{" "}
          <span className="soft">of {scores.total.toLocaleString("en")}</span>
        </span>
        <span className="soft" role="status">
          {place !== undefined &&
            `${count.toLocaleString("en")} of class ${row} taken for ${column} (${percent(shareOf(row, count))})`}
        </span>
      </div>
      {/* Keys scroll it. */}
      <div className="matrix-box" tabIndex={0} role="group" aria-label="Confusion matrix">
        <table className={isNumbered ? "matrix" : "matrix dense"} onMouseLeave={() => setPlace(undefined)}>
          <thead>
            <tr>
              <td />
              {counts.map((_, index) => (
                <th key={index} scope="col">
                  {isNumbered || index % 10 === 0 ? index : ""}
                </th>
              ))}
              {isNumbered && (
                <th scope="col" className="score">
                  Recall
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {counts.map((cells, at) => (
              <tr key={at}>
                <th scope="row">{isNumbered || at % 10 === 0 ? at : ""}</th>
                {cells.map((cell, index) => {
                  const heat = isShare ? shareOf(at, cell) : cell / most;
                  return (
                    <td
                      key={index}
                      className={at === index ? "right" : "wrong"}
                      style={{ "--heat": `${Math.round(heat * 100)}%` } as React.CSSProperties}
                      onMouseEnter={() => setPlace([at, index])}
                    >
                      {isNumbered ? (isShare ? percent(shareOf(at, cell)) : cell.toLocaleString("en")) : ""}
                    </td>
                  );
                })}
                {isNumbered && <td className="score mono">{percent(scores.classes[at]?.recall)}</td>}
              </tr>
            ))}
            {isNumbered && (
              <tr>
                <th scope="row" className="score">
                  Precision
                </th>
                {scores.classes.map(({ precision }, index) => (
                  <td key={index} className="score mono">
                    {percent(precision)}
                  </td>
                ))}
                <td />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <p className="soft">Rows: the true class. Columns: what was predicted. Classes in the order of scikit-learn.</p>
    </div>
  );
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${number(Math.round(share * 1000) / 10)}%`;
}
