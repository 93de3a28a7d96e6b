// A chain of jobs that led to a result, and the requests that make all of it again: each reads what the new ones before it write.
import { nextName, renamed } from "./again";
import { parseArn } from "./arns";
import { type JobKind, KINDS } from "./jobs";
import type { Graph } from "./lineage";
import { at, type Document, isDocument, withValue } from "./shape";

export interface ChainJob {
  arn: string;
  kind: JobKind;
  name: string;
}

/** The jobs that a vertex was made by, causes before results, itself last. */
export function chainOf(graph: Graph): ChainJob[] {
  const jobs: ChainJob[] = [];
  const seen = new Set<string>();
  const repeats = new Set(
    graph.edges
      .filter((edge) => edge.AssociationType === "DerivedFrom")
      .map((edge) => `${edge.SourceArn} ${edge.DestinationArn}`),
  );
  const visit = (arn: string): void => {
    if (seen.has(arn)) return;
    seen.add(arn);
    const vertex = graph.vertices.get(arn);
    for (const cause of graph.before.get(arn) ?? []) {
      // Between components it means "run again": a repeated job gave this one nothing.
      const isRepeat =
        vertex?.LineageType === "TrialComponent" &&
        graph.vertices.get(cause)?.LineageType === "TrialComponent" &&
        repeats.has(`${cause} ${arn}`);
      if (!isRepeat) visit(cause);
    }
    const parsed = vertex?.Job === undefined ? undefined : parseArn(vertex.Job);
    if (vertex?.Job === undefined || (parsed?.type !== "training-job" && parsed?.type !== "processing-job")) return;
    // An ARN has the name in lower case; a component's name begins with it as it was given.
    const name = vertex.Name?.replace(/-aws-[a-z]+-job$/, "");
    jobs.push({ arn: vertex.Job, kind: parsed.type, name: name?.toLowerCase() === parsed.id ? name : parsed.id });
  };
  visit(graph.start);
  return jobs;
}

export interface Step {
  job: ChainJob;
  name: string;
  original: Document;
  request: Document;
}

/** The requests of a chain's jobs at an instant: the same instant gives the same names. */
export function stepsOf(jobs: readonly { job: ChainJob; request: Document }[], atMs: number): Step[] {
  const moved = new Map<string, string>();
  return jobs.map(({ job, request: original }, index) => {
    const member = `${KINDS[job.kind].noun}Name`;
    // Two jobs with the same beginning get different names.
    const name = nextName(job.name, new Date(atMs + index), job.kind);
    const request = readingFrom(withOwnOutputs(renamed(original, member, name), original, name), moved);
    for (const [before, after] of writtenBy(job, original, request, name)) moved.set(before, after);
    return { job, name, original, request };
  });
}

/** A job that wrote into the old folders would change the old results. */
function withOwnOutputs(request: Document, original: Document, name: string): Document {
  return locationsOf(request, ["ProcessingOutputConfig", "Outputs"], ["S3Output", "S3Uri"]).reduce(
    (changed, { path, uri }) =>
      at(original, path) === uri ? withValue(changed, path, `${trimmed(uri)}-${name}`) : changed,
    request,
  );
}

function readingFrom(request: Document, moved: ReadonlyMap<string, string>): Document {
  const inputs = [
    ...locationsOf(request, ["InputDataConfig"], ["DataSource", "S3DataSource", "S3Uri"]),
    ...locationsOf(request, ["ProcessingInputs"], ["S3Input", "S3Uri"]),
  ];
  return inputs.reduce((changed, { path, uri }) => {
    for (const [before, after] of moved) {
      if (trimmed(uri) === before) return withValue(changed, path, after + uri.slice(before.length));
      if (uri.startsWith(`${before}/`)) return withValue(changed, path, after + uri.slice(before.length));
    }
    return changed;
  }, request);
}

/** Where a job wrote, and where its repetition will. */
function writtenBy(job: ChainJob, original: Document, request: Document, name: string): [string, string][] {
  const outputs = locationsOf(original, ["ProcessingOutputConfig", "Outputs"], ["S3Output", "S3Uri"]);
  const found = outputs.map(({ path, uri }): [string, string] => [trimmed(uri), trimmed(String(at(request, path)))]);
  const base = at(original, ["OutputDataConfig", "S3OutputPath"]);
  if (typeof base === "string") found.push([`${trimmed(base)}/${job.name}`, `${trimmed(base)}/${name}`]);
  return found;
}

function locationsOf(
  document: Document,
  list: readonly string[],
  member: readonly string[],
): { path: (string | number)[]; uri: string }[] {
  const elements = at(document, list);
  return (Array.isArray(elements) ? [...elements.entries()] : []).flatMap(([index, element]) => {
    const uri = isDocument(element) ? at(element, member) : undefined;
    return typeof uri === "string" ? [{ path: [...list, index, ...member], uri }] : [];
  });
}

function trimmed(uri: string): string {
  return uri.replace(/\/+$/, "");
}

export interface ChainAddress {
  from?: string | undefined;
  /** When it was begun, in epoch milliseconds: the new names follow from it. */
  at?: number | undefined;
  go?: boolean | undefined;
}

/** An address is written by hand, too: what it says wrongly is left out. */
export function readChainAddress(raw: Record<string, unknown>): ChainAddress {
  const instant = Number(raw["at"]);
  const isInstant = Number.isInteger(instant) && instant > 0 && instant < 253_402_300_799_000;
  return {
    from: typeof raw["from"] === "string" && raw["from"] !== "" ? raw["from"].slice(0, 2_048) : undefined,
    at: isInstant ? instant : undefined,
    // Without its names nothing can go on.
    go: raw["go"] === true && isInstant ? true : undefined,
  };
}

/** What a chain waits for: the step that is to be started, or the one that runs; where it ended. */
export type Progress =
  | { state: "start" | "wait" | "broken"; index: number }
  | { state: "done" };

/** statuses: of the new jobs, in order; undefined for one that does not exist. */
export function progressOf(statuses: readonly (string | undefined)[]): Progress {
  const index = statuses.findIndex((status) => status !== "Completed");
  if (index < 0) return { state: "done" };
  const status = statuses[index];
  if (status === undefined) return { state: "start", index };
  return { state: status === "Failed" || status === "Stopped" ? "broken" : "wait", index };
}
