// The first rows of a table in CSV or TSV (RFC 4180), from the beginning of a file.

export interface Table {
  columns: string[];
  rows: string[][];
}

export const MOST_ROWS = 10_000;
export const MOST_COLUMNS = 1_000;

/** isCut: the text ends in the middle of the file, so its last row may be a part. */
export function readCsv(text: string, isCut: boolean): Table {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith("\ufeff") ? 1 : 0;
  const endRow = (): void => {
    if (row.length > 1 || row[0] !== "") rows.push(row.slice(0, MOST_COLUMNS));
    row = [];
  };
  while (at < text.length && rows.length <= MOST_ROWS) {
    const [value, next] = text[at] === '"' ? quotedValue(text, at) : plainValue(text, at, separator);
    row.push(value);
    at = next;
    const after = text[at];
    if (after === separator) {
      at += 1;
      // A row may end with a separator, and the file with it.
      if (at === text.length) row.push("");
      else if (text[at] === "\n" || text[at] === "\r") row.push("");
      else continue;
    }
    const isEnd = at >= text.length;
    if (isEnd && isCut) break;
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    endRow();
  }
  const [head = [], ...rest] = rows;
  return isHeader(head) ? { columns: head, rows: rest } : { columns: head.map((_, index) => `${index}`), rows };
}

function separatorOf(text: string): string {
  const first = text.slice(0, text.indexOf("\n") === -1 ? undefined : text.indexOf("\n"));
  const count = (separator: string): number => first.split(separator).length;
  return [",", "\t", ";", "|"].reduce((best, each) => (count(each) > count(best) ? each : best), ",");
}

function quotedValue(text: string, start: number): [string, number] {
  let value = "";
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end === -1) return [value + text.slice(at), text.length];
    value += text.slice(at, end);
    if (text[end + 1] !== '"') return [value, end + 1];
    value += '"';
    at = end + 2;
  }
}

function plainValue(text: string, start: number, separator: string): [string, number] {
  let at = start;
  while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return [text.slice(start, at), at];
}

/** SageMaker's own algorithms read CSV without a header: a first row with a number in it is data. */
function isHeader(row: string[]): boolean {
  return row.length > 0 && row.every((value) => value !== "" && !isNumber(value));
}

export function isNumber(value: string): boolean {
  return value.trim() !== "" && Number.isFinite(Number(value));
}
