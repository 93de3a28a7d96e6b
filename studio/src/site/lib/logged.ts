// What `log_table`, `log_confusion_matrix`, `log_roc_curve` and `log_precision_recall` of the SDKs stored.
//
// A file is whatever somebody has put there: it is checked member by member, and everything has a bound.

export const MOST_BYTES = 8 << 20;
export const MOST_ROWS = 20_000;
export const MOST_COLUMNS = 200;
export const MOST_CLASSES = 200;
export const MOST_POINTS = 200_000;
/** The longest text of a cell that is shown. */
const MOST_TEXT = 300;

export interface LoggedTable {
  kind: "table";
  title: string;
  columns: { name: string; isNumber: boolean; cells: string[] }[];
  rows: number;
  isCut: boolean;
}

export interface LoggedMatrix {
  kind: "matrix";
  title: string;
  /** A row for each true class, a column for each predicted one. */
  counts: number[][];
}

export interface LoggedCurve {
  kind: "roc" | "precision-recall";
  title: string;
  /** Ascending. */
  x: number[];
  y: number[];
  /** The area under the curve, or the average precision. */
  score: number | undefined;
  /** Of a precision-recall curve: the share of positives. */
  noSkill: number | undefined;
}

export type Logged = LoggedTable | LoggedMatrix | LoggedCurve;

/** The types that the SDKs give to the artifacts of what they log. */
export const LOGGED_TYPES = ["Table", "ConfusionMatrix", "ROCCurve", "PrecisionRecallCurve"] as const;

/** A reason in words for a reader, where a file is not what its type says. */
export class NotLogged extends Error {}

export function readLogged(text: string): Logged {
  const found = parsedJson(text);
  if (!isObject(found)) throw new NotLogged("The file holds no JSON object.");
  const title = typeof found["title"] === "string" ? found["title"].slice(0, MOST_TEXT) : "";
  switch (found["type"]) {
    case "Table":
      return tableOf(title, found);
    case "ConfusionMatrix":
      return matrixOf(title, found["confusionMatrix"]);
    case "ROCCurve":
      return curveOf("roc", title, found["falsePositiveRate"], found["truePositiveRate"], found["areaUnderCurve"]);
    case "PrecisionRecallCurve":
      return {
        ...curveOf("precision-recall", title, found["recall"], found["precision"], found["averagePrecisionScore"]),
        noSkill: share(found["noSkill"]),
      };
    default:
      throw new NotLogged(`The file says that it is ${shown(found["type"]) || "of no type"}, which no page can draw.`);
  }
}

/** Python writes NaN and Infinity, which JSON has not. */
export function parsedJson(text: string): unknown {
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (found) =>
    found.startsWith('"') ? found : "null",
  );
  try {
    return JSON.parse(plain) as unknown;
  } catch {
    throw new NotLogged("The file is no whole JSON.");
  }
}

function tableOf(title: string, found: Record<string, unknown>): LoggedTable {
  const data = found["data"];
  if (!isObject(data)) throw new NotLogged("The table has no data.");
  const types = new Map<string, unknown>();
  for (const field of Array.isArray(found["fields"]) ? found["fields"].slice(0, MOST_COLUMNS) : []) {
    if (isObject(field) && typeof field["name"] === "string") types.set(field["name"], field["type"]);
  }
  const names = Object.keys(data);
  const lists = names.slice(0, MOST_COLUMNS).map((name) => {
    const cells = data[name];
    return { name, cells: Array.isArray(cells) ? (cells as unknown[]) : [] };
  });
  const longest = lists.reduce((most, { cells }) => Math.max(most, cells.length), 0);
  const rows = Math.min(MOST_ROWS, longest);
  return {
    kind: "table",
    title,
    rows,
    isCut: longest > rows || names.length > lists.length,
    columns: lists.map(({ name, cells }) => {
      const some = cells.slice(0, rows);
      const isNumber =
        types.get(name) === "number" || (some.length > 0 && some.every((cell) => cell === null || typeof cell === "number"));
      return { name: name.slice(0, MOST_TEXT), isNumber, cells: some.map(shown) };
    }),
  };
}

function matrixOf(title: string, found: unknown): LoggedMatrix {
  if (!Array.isArray(found) || found.length === 0) throw new NotLogged("The confusion matrix has no rows.");
  if (found.length > MOST_CLASSES) {
    throw new NotLogged(`The confusion matrix has ${found.length} classes; up to ${MOST_CLASSES} are drawn.`);
  }
  const counts = found.map((row: unknown) => (Array.isArray(row) ? row.map(number) : []));
  if (counts.some((row) => row.length !== counts.length || row.some((count) => count === undefined || count < 0))) {
    throw new NotLogged("The confusion matrix is no square of counts.");
  }
  return { kind: "matrix", title, counts: counts as number[][] };
}

function curveOf(
  kind: LoggedCurve["kind"],
  title: string,
  xs: unknown,
  ys: unknown,
  score: unknown,
): LoggedCurve {
  if (!Array.isArray(xs) || !Array.isArray(ys) || xs.length !== ys.length || xs.length < 2) {
    throw new NotLogged("The curve has no two lists of the same length.");
  }
  if (xs.length > MOST_POINTS) {
    throw new NotLogged(`The curve has ${xs.length} points; up to ${MOST_POINTS} are drawn.`);
  }
  const points: [number, number, number][] = [];
  xs.forEach((each: unknown, index) => {
    const [x, y] = [number(each), number((ys as unknown[])[index])];
    if (x !== undefined && y !== undefined) points.push([x, y, index]);
  });
  if (points.length < 2) throw new NotLogged("The curve has no two points that are numbers.");
  // scikit-learn writes recall from 1 down to 0. Steps of one x keep their order, turned round with the rest.
  const isDown = (points[0]?.[0] ?? 0) > (points.at(-1)?.[0] ?? 0);
  points.sort((one, other) => one[0] - other[0] || (isDown ? other[2] - one[2] : one[2] - other[2]));
  return {
    kind,
    title,
    x: points.map(([x]) => x),
    y: points.map(([, y]) => y),
    score: number(score),
    noSkill: undefined,
  };
}

export interface ClassScore {
  /** Of all that are of this class, the share that was found. */
  recall: number | undefined;
  /** Of all that were taken for this class, the share that is. */
  precision: number | undefined;
  count: number;
}

export interface MatrixScores {
  accuracy: number | undefined;
  total: number;
  classes: ClassScore[];
}

export function scoresOf(counts: readonly number[][]): MatrixScores {
  const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
  const part = (some: number, all: number): number | undefined => (all > 0 ? some / all : undefined);
  const right = counts.map((row, index) => row[index] ?? 0);
  const total = sum(counts.map(sum));
  return {
    total,
    accuracy: part(sum(right), total),
    classes: counts.map((row, index) => ({
      count: sum(row),
      recall: part(right[index] ?? 0, sum(row)),
      precision: part(right[index] ?? 0, sum(counts.map((each) => each[index] ?? 0))),
    })),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function share(value: unknown): number | undefined {
  const found = number(value);
  return found !== undefined && found >= 0 && found <= 1 ? found : undefined;
}

function shown(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") return cell.length > MOST_TEXT ? `${cell.slice(0, MOST_TEXT)} …` : cell;
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
  const text = JSON.stringify(cell);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)} …` : text;
}
