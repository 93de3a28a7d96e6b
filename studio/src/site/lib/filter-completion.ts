// What a person who writes a filter is about to write: a name, an operator, or a value.
import type { Operator } from "./filter-language";

export type Completion =
  /** start: where the word begins that a suggestion replaces. */
  | { wants: "name"; word: string; start: number }
  | { wants: "operator"; name: string; start: number }
  | { wants: "value"; name: string; operator: Operator; word: string; start: number }
  | { wants: "nothing" };

const NAME = /(?:^|[([]|\b(?:and|or)\s)\s*(`(?:[^`\\]|\\.)*`?|[^\s()[\],"'`=!<>]*)$/i;
const AFTER_NAME = /(?:^|[([]|\b(?:and|or)\s)\s*(`(?:[^`\\]|\\.)+`|[^\s()[\],"'`=!<>]+)\s+$/i;
const VALUE =
  /(?:^|[([]|\b(?:and|or)\s)\s*(`(?:[^`\\]|\\.)+`|[^\s()[\],"'`=!<>]+)\s*(<=|>=|!=|==|<>|<|>|=|\bcontains\s|\b(?:not\s+)?in\s*\((?:[^()"]|"[^"]*")*?)\s*("[^"]*|[^\s()[\],"'`=!<>]*)$/i;

/** Of the text before the cursor. */
export function completionOf(text: string): Completion {
  const value = VALUE.exec(text);
  if (value !== null) {
    const word = value[3] ?? "";
    const operator = (value[2] ?? "=").trim().toLowerCase().replace(/\s*\(.*$/s, "").replace(/\s+/g, " ");
    return {
      wants: "value",
      name: unquoted(value[1] ?? ""),
      operator: (operator === "==" ? "=" : operator) as Operator,
      word: word.replace(/^"/, ""),
      start: text.length - word.length,
    };
  }
  const name = NAME.exec(text);
  if (name !== null) {
    const word = name[1] ?? "";
    return { wants: "name", word: unquoted(word), start: text.length - word.length };
  }
  const after = AFTER_NAME.exec(text);
  if (after !== null) return { wants: "operator", name: unquoted(after[1] ?? ""), start: text.length };
  return { wants: "nothing" };
}

function unquoted(name: string): string {
  return name.startsWith("`") ? name.slice(1).replace(/`$/, "").replace(/\\(.)/g, "$1") : name;
}
