// What differs between two documents, value by value.
import { type Document, isDocument, namingMember, type Path, spelled } from "./shape";

export interface Difference {
  /** For a reader. */
  name: string;
  /** In the new document; in the old one where there is nothing any more. */
  path: Path;
  /** undefined: there was nothing, or there is nothing any more. */
  before: unknown;
  after: unknown;
  /** Where the old value stands in the old document. */
  from: Path;
}

interface Leaf {
  path: Path;
  value: unknown;
}

export function differences(before: unknown, after: unknown): Difference[] {
  const old = leaves(before);
  const now = leaves(after);
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names.flatMap((name) => {
    const was = old.get(name);
    const is = now.get(name);
    if (was !== undefined && is !== undefined && Object.is(was.value, is.value)) return [];
    const path = (is ?? was)?.path ?? [];
    return [{ name, path, before: was?.value, after: is?.value, from: was?.path ?? path }];
  });
}

/** Every value that has no parts, by its name. An element of a list goes by its own name, so that it may move. */
function leaves(document: unknown): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  const walk = (value: unknown, path: Path): void => {
    const parts = isDocument(value)
      ? Object.entries(value).filter(([, each]) => each !== undefined)
      : Array.isArray(value)
        ? [...value.entries()]
        : undefined;
    if (parts !== undefined && parts.length > 0) {
      for (const [step, each] of parts) walk(each, [...path, step]);
      return;
    }
    const leaf = parts === undefined ? value : Array.isArray(value) ? "[]" : "{}";
    found.set(spelled(path, document), { path, value: leaf });
  };
  walk(document, []);
  return found;
}

/** The element of another list with the same name, or at the same place. */
export function sameElement(list: readonly unknown[], index: number, other: readonly unknown[]): unknown {
  const member = namingMember(list);
  if (member === undefined) return other[index];
  const name = (list[index] as Document)[member];
  return other.find((each) => isDocument(each) && each[member] === name);
}
