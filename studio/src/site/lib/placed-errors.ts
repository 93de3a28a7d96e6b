// Where in a form the server's words about a request belong.
import { type Path, type Shape, spelled } from "./shape";

export interface PlacedError {
  /** Empty: it belongs to the whole. */
  path: Path;
  text: string;
}

/** An error of validation names members as `inputDataConfig.1.member.channelName`, others by their names or values. */
export function placedErrors(message: string, shape: Shape, request: unknown): PlacedError[] {
  const told = [...message.matchAll(/(?:Value [\s\S]*? )?at '([^']+)' failed to satisfy constraint: ([\s\S]*?)(?=; Value |$)/g)];
  if (told.length > 0) {
    return told.map((match) => ({ path: readPath(match[1] ?? "", shape), text: match[2] ?? message }));
  }
  const mismatch = /^([\s\S]*) \(at '([^']+)'\)$/.exec(message);
  if (mismatch) return [{ path: readPath(mismatch[2] ?? "", shape), text: mismatch[1] ?? message }];
  return [{ path: named(message, shape, request), text: message }];
}

function readPath(text: string, shape: Shape): Path {
  const path: (string | number)[] = [];
  let here: Shape | undefined = shape;
  for (const step of text.split(".")) {
    if (here?.Members !== undefined) {
      const members: Record<string, Shape> = here.Members;
      const name = Object.keys(members).find((each) => each.toLowerCase() === step.toLowerCase());
      if (name === undefined && step === "member") continue;
      if (name === undefined) break;
      path.push(name);
      here = members[name];
    } else if (here?.Type === "list" && /^\d+$/.test(step)) {
      path.push(Number(step) - 1);
      here = here.Of;
    } else if (here?.Type === "map") {
      path.push(step);
      here = here.Of;
    } else {
      break;
    }
  }
  return path;
}

/** The value that a sentence quotes, or else the member that it names; the longest of each. */
function named(message: string, shape: Shape, request: unknown): Path {
  let best: Path = [];
  let score = 0;
  const consider = (path: Path, text: string, worth: number): void => {
    if (text.length >= 4 && text.length + worth > score && hasWord(message, text)) {
      best = path;
      score = text.length + worth;
    }
  };
  const walk = (value: unknown, here: Shape, path: Path): void => {
    if (path.length > 0) {
      consider(path, spelled(path).replace(/\[\d+\]/g, ""), 2_000);
      const last = path.at(-1);
      if (typeof last === "string") consider(path, last, 0);
    }
    if (typeof value === "string") consider(path, value, message.includes(`'${value}'`) ? 3_000 : 1_000);
    for (const [name, member] of Object.entries(here.Members ?? {})) {
      const inner = (value as Record<string, unknown> | undefined)?.[name];
      if (inner !== undefined) walk(inner, member, [...path, name]);
    }
    const of = here.Of;
    if (of === undefined || typeof value !== "object" || value === null) return;
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    for (const [step, each] of entries) walk(each, of, [...path, step]);
  };
  walk(request, shape, []);
  return best;
}

function hasWord(message: string, word: string): boolean {
  for (let index = message.indexOf(word); index >= 0; index = message.indexOf(word, index + 1)) {
    const around = [message[index - 1] ?? " ", message[index + word.length] ?? " "];
    if (around.every((each) => !/[A-Za-z0-9_]/.test(each))) return true;
  }
  return false;
}
