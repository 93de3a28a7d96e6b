// A line of a log as a terminal shows it: colours, and what a carriage return has overwritten.
export interface Piece {
  text: string;
  /** Names of styles: bold, dim, italic, underline, and colours such as fg-red or bg-blue. */
  styles: string[];
}

const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
// Colour sequences are kept by the second pattern; all else that commands a terminal is left out.
const CONTROL =
  /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[PX^_][\s\S]*?(?:\x1b\\|$)|\x1b\[[0-?]*[ -/]*[@-ln-~]|\x1b(?!\[)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]/g;
const COLOUR = /\x1b\[([0-9;:]*)m/g;

/** The line without any control sequence, for searching. */
export function withoutColours(line: string): string {
  return lastWritten(line).replace(CONTROL, "").replace(COLOUR, "");
}

export function pieces(line: string): Piece[] {
  const text = lastWritten(line).replace(CONTROL, "");
  const found: Piece[] = [];
  let styles = new Map<string, string>();
  let end = 0;
  for (const match of text.matchAll(COLOUR)) {
    add(found, text.slice(end, match.index), styles);
    styles = changed(styles, match[1] ?? "");
    end = match.index + match[0].length;
  }
  add(found, text.slice(end), styles);
  return found;
}

function add(found: Piece[], text: string, styles: Map<string, string>): void {
  if (text !== "") found.push({ text, styles: [...styles.values()] });
}

/** What is left of a line that has been written over itself, as progress bars do. */
function lastWritten(line: string): string {
  const trimmed = line.replace(/\r+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("\r") + 1);
}

function changed(before: Map<string, string>, parameters: string): Map<string, string> {
  const styles = new Map(before);
  const codes = parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) styles.clear();
    else if (code === 1) styles.set("weight", "bold");
    else if (code === 2) styles.set("weight", "dim");
    else if (code === 3) styles.set("slant", "italic");
    else if (code === 4) styles.set("line", "underline");
    else if (code === 22) styles.delete("weight");
    else if (code === 23) styles.delete("slant");
    else if (code === 24) styles.delete("line");
    else if (code === 39) styles.delete("fg");
    else if (code === 49) styles.delete("bg");
    else if (code === 38 || code === 48) {
      const ground = code === 38 ? "fg" : "bg";
      // 256 colours: the first sixteen have names. Others, and 24 bits, keep the colour of before.
      const value = codes[index + 2] ?? 0;
      if (codes[index + 1] === 5 && value < 16) styles.set(ground, `${ground}-${COLOURS[value % 8]}`);
      index += codes[index + 1] === 5 ? 2 : 4;
    } else {
      const ground = [30, 90].some((first) => code >= first && code < first + 8)
        ? "fg"
        : [40, 100].some((first) => code >= first && code < first + 8)
          ? "bg"
          : "";
      if (ground) styles.set(ground, `${ground}-${COLOURS[code % 10]}`);
    }
  }
  return styles;
}
