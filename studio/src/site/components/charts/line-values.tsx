// The values of a chart as a table.
import { type Line, type Range, readings, tablePlaces } from "../../lib/curves";
import { number } from "../../lib/format";

const TABLE_PLACES = 50;
const TABLE_LINES = 20;

export function Values({
  lines,
  within,
  axis,
  place,
  height,
}: {
  lines: Line[];
  within: Range;
  axis: string;
  place: (value: number) => string;
  height: number;
}) {
  const shown = lines.slice(0, TABLE_LINES);
  const places = tablePlaces(shown, within, TABLE_PLACES);
  const gap = ((within[1] - within[0]) / TABLE_PLACES) * 0.75;
  return (
    <div className="chart-values" style={{ height }} tabIndex={0} role="region" aria-label="Values">
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{axis}</th>
            {shown.map((line) => (
              <th key={line.key} scope="col" className="number">
                {line.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {places.map((at) => (
            <tr key={at}>
              <th scope="row" className="mono">
                {place(at)}
              </th>
              {shown.map((line) => (
                <td key={line.key} className="number mono">
                  {number(readings([line], at, gap)[0]?.value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {lines.length > TABLE_LINES && <p className="soft">The CSV has the other {lines.length - TABLE_LINES} lines.</p>}
    </div>
  );
}
