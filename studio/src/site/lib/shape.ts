// The shape of a request, and documents of that shape: what is taken over from an answer, and edits by path.
export interface Shape {
  Type: string;
  Members?: Record<string, Shape>;
  Required?: string[];
  Of?: Shape;
  Enum?: string[];
  Pattern?: string;
  Least?: number;
  Most?: number;
  IsWhole?: boolean;
}

export type Document = { [member: string]: unknown };
/** Names of members, keys of maps, indices of lists. */
export type Path = readonly (string | number)[];

export function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of a document, everything that a request of this shape may have, at any depth. */
export function accepted(shape: Shape, value: unknown): unknown {
  if (shape.Members !== undefined && isDocument(value)) {
    const kept = Object.entries(shape.Members).filter(
      ([name]) => value[name] !== undefined && value[name] !== null,
    );
    return Object.fromEntries(kept.map(([name, member]) => [name, accepted(member, value[name])]));
  }
  const of = shape.Of;
  if (of === undefined) return value;
  if (Array.isArray(value)) return value.map((each) => accepted(of, each));
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, accepted(of, each)]));
}

export function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof step === "number" ? !Array.isArray(found) : !isDocument(found)) return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  return found;
}

/** A copy with another value at a path; undefined takes the member or the element away. */
export function withValue<T>(value: T, path: Path, wanted: unknown): T {
  const [step, ...rest] = path;
  if (step === undefined) return wanted as T;
  if (typeof step === "number") {
    const list: unknown[] = Array.isArray(value) ? [...value] : [];
    if (rest.length === 0 && wanted === undefined) list.splice(step, 1);
    else list[step] = withValue(list[step], rest, wanted);
    return list as T;
  }
  const document: Document = isDocument(value) ? { ...value } : {};
  if (rest.length === 0 && wanted === undefined) delete document[step];
  else document[step] = withValue(document[step], rest, wanted);
  return document as T;
}

/** A new value of a shape, with the members that it has to have. */
export function blank(shape: Shape): unknown {
  if (shape.Members !== undefined) {
    return Object.fromEntries((shape.Required ?? []).map((name) => [name, blank(shape.Members?.[name] ?? shape)]));
  }
  switch (shape.Type) {
    case "list":
      return [];
    case "map":
    case "document":
      return {};
    case "boolean":
      return false;
    case "number":
      return shape.Least ?? 0;
    default:
      return shape.Enum?.[0] ?? "";
  }
}

/** The member that tells the elements of a list apart, such as ChannelName; none where it does not. */
export function namingMember(elements: readonly unknown[]): string | undefined {
  const first = elements[0];
  if (!isDocument(first)) return undefined;
  return Object.keys(first).find((member) => {
    if (!/Name$|^Key$/.test(member)) return false;
    const names = elements.map((each) => (isDocument(each) ? each[member] : undefined));
    return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  });
}

/** As people write it: InputDataConfig[training].DataSource.S3DataSource.S3Uri */
export function spelled(path: Path, within?: unknown): string {
  return path.reduce<string>((text, step, index) => {
    if (typeof step === "string") {
      const isPlain = /^[A-Za-z0-9_-]+$/.test(step);
      return isPlain ? (text === "" ? step : `${text}.${step}`) : `${text}[${JSON.stringify(step)}]`;
    }
    const list = at(within, path.slice(0, index));
    const member = Array.isArray(list) ? namingMember(list) : undefined;
    const name = member === undefined ? undefined : at(list, [step, member]);
    return `${text}[${typeof name === "string" ? name : step}]`;
  }, "");
}
