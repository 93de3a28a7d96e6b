// The cells of a Jupyter notebook (nbformat 3 and 4), read as data: nothing of it runs.

export type CellOutput =
  | { kind: "text"; text: string; isError: boolean }
  | { kind: "image"; type: string; base64: string }
  | { kind: "svg"; text: string }
  | { kind: "html"; html: string };

export interface Cell {
  kind: "code" | "markdown" | "raw";
  source: string;
  count: number | undefined;
  outputs: CellOutput[];
}

export interface Notebook {
  language: string;
  cells: Cell[];
  isCut: boolean;
}

const MOST_CELLS = 500;
const MOST_OUTPUT = 200_000;
const MOST_IMAGE = 8_000_000;

/** Throws Error for what is no notebook. */
export function readNotebook(text: string): Notebook {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new Error("This is no notebook: its JSON can't be read.");
  }
  const worksheets = list(at(raw, "worksheets"));
  const cells = worksheets.length > 0 ? worksheets.flatMap((each) => list(at(each, "cells"))) : at(raw, "cells");
  if (!Array.isArray(cells)) throw new Error("This is no notebook: it has no cells.");
  const kernel = at(at(raw, "metadata"), "kernelspec");
  const info = at(at(raw, "metadata"), "language_info");
  return {
    language: string(at(kernel, "language")) || string(at(info, "name")) || "python",
    cells: cells.slice(0, MOST_CELLS).map(readCell),
    isCut: cells.length > MOST_CELLS,
  };
}

function readCell(raw: unknown): Cell {
  const type = at(raw, "cell_type");
  const kind = type === "code" || type === "markdown" ? type : type === "heading" ? "markdown" : "raw";
  const count = at(raw, "execution_count") ?? at(raw, "prompt_number");
  const source = joined(at(raw, "source") ?? at(raw, "input"));
  return {
    kind,
    source: type === "heading" ? `# ${source}` : source,
    count: typeof count === "number" ? count : undefined,
    outputs: kind === "code" ? list(at(raw, "outputs")).flatMap(readOutput) : [],
  };
}

function readOutput(raw: unknown): CellOutput[] {
  const text = (value: string, isError = false): CellOutput[] =>
    value ? [{ kind: "text", text: value.slice(0, MOST_OUTPUT), isError }] : [];
  const type = at(raw, "output_type");
  if (type === "stream") return text(joined(at(raw, "text")), at(raw, "name") === "stderr");
  if (type === "error" || type === "pyerr") {
    const trace = list(at(raw, "traceback")).map(string).join("\n");
    return text(trace || `${string(at(raw, "ename"))}: ${string(at(raw, "evalue"))}`, true);
  }
  const data = at(raw, "data") ?? raw;
  for (const image of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    const base64 = joined(at(data, image) ?? at(data, image.slice(6))).replace(/\s/g, "");
    if (base64 && base64.length <= MOST_IMAGE && /^[A-Za-z0-9+/]+=*$/.test(base64)) {
      return [{ kind: "image", type: image, base64 }];
    }
  }
  const svg = joined(at(data, "image/svg+xml"));
  if (svg) return [{ kind: "svg", text: svg.slice(0, MOST_IMAGE) }];
  const html = joined(at(data, "text/html"));
  if (html && html.length <= MOST_OUTPUT) return [{ kind: "html", html }];
  return text(joined(at(data, "text/plain") ?? at(data, "text")));
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const string = (value: unknown): string => (typeof value === "string" ? value : "");

/** Texts are kept as one, or as a list of lines with their ends. */
const joined = (value: unknown): string => (Array.isArray(value) ? value.map(string).join("") : string(value));
