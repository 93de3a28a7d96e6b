// Finding lines in a log.
import { withoutColours } from "./ansi";

/** How trouble begins, in what Python, the shell and the platform write. */
const ERROR = /\b(?:Traceback \(most recent call last\)|\w*(?:Error|Exception)\b(?::|$)|ERROR\b|CRITICAL\b|FATAL\b|Killed\b)/;

export function firstError(lines: readonly string[]): number {
  return lines.findIndex((line) => ERROR.test(withoutColours(line)));
}

/** The indices of the lines that contain a text, in any case. */
export function matches(lines: readonly string[], text: string, from = 0): number[] {
  if (text === "") return [];
  const wanted = text.toLowerCase();
  const found: number[] = [];
  for (let index = from; index < lines.length; index += 1) {
    if (withoutColours(lines[index] ?? "").toLowerCase().includes(wanted)) found.push(index);
  }
  return found;
}
