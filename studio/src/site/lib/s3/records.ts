// Records of JSON lines and of Parquet as cells of a table.

export type Records = Record<string, unknown>[];

const MOST_COLUMNS = 1_000;

/** The first lines as records; what is no object stands in a column of its own. isCut: the last line is a part. */
export function readJsonLines(text: string, isCut: boolean, mostRows: number): { rows: Records; broken: number } {
  const lines = text.split("\n");
  if (isCut) lines.pop();
  const rows: Records = [];
  let broken = 0;
  for (const line of lines) {
    if (line.trim() === "") continue;
    if (rows.length >= mostRows) break;
    try {
      const value: unknown = JSON.parse(line);
      const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
      rows.push(isRecord ? (value as Record<string, unknown>) : { value });
    } catch {
      broken += 1;
      rows.push({ "(no JSON)": line });
    }
  }
  return { rows, broken };
}

/** The names that the first records have, in the order in which they appear. */
export function columnsOf(rows: Records): string[] {
  const names = new Set<string>();
  for (const row of rows.slice(0, 200)) for (const name of Object.keys(row)) names.add(name);
  return [...names].slice(0, MOST_COLUMNS);
}

const MOST_CELL = 2_000;

export function cellText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value.slice(0, MOST_CELL);
  // Eight digits are more than a reader compares.
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(8)));
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString().replace(/\.000Z$/, "Z");
  if (value instanceof Uint8Array) {
    return `${[...value.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}${value.length > 16 ? " …" : ""}`;
  }
  const plain = JSON.stringify(ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value, (_, each: unknown) =>
    typeof each === "bigint" ? Number(each) : each,
  );
  return (plain ?? "").slice(0, MOST_CELL);
}

export function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}
