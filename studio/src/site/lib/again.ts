// The request that makes a job again, from what Describe answers of it.
import { baseName } from "./code";
import { plain } from "./format";
import type { JobKind } from "./jobs";
import { accepted, at, type Document, isDocument, type Path, type Shape, withValue } from "./shape";

export const CREATE: Record<JobKind, string> = {
  "training-job": "CreateTrainingJob",
  "processing-job": "CreateProcessingJob",
  "transform-job": "CreateTransformJob",
  "hyper-parameter-tuning-job": "CreateHyperParameterTuningJob",
  "automl-job": "CreateAutoMLJobV2",
};

/** Members of the request's shape that only answers have. */
const ANSWERED = ["SelectedInstanceType", "SelectedInstanceCount"];
const LONGEST_NAME = 63;
/** Names of searches are a part of those of their jobs. */
export const LONGEST_SEARCH_NAME = 32;

/** Everything of the answer that the request may have, with the job's tags. */
export function requestOf(shape: Shape, job: object, tags: readonly object[]): Document {
  const request = accepted(shape, job) as Document;
  const cluster = at(request, ["ProcessingResources", "ClusterConfig"]);
  const cleaned = isDocument(cluster)
    ? withValue(
        request,
        ["ProcessingResources", "ClusterConfig"],
        Object.fromEntries(Object.entries(cluster).filter(([name]) => !ANSWERED.includes(name))),
      )
    : request;
  return tags.length === 0 ? cleaned : { ...cleaned, Tags: accepted(shape.Members?.["Tags"] ?? shape, tags) };
}

/** A new name like that of the SDK: the old one's beginning and the time. */
export function nextName(name: string, now: Date, kind: JobKind): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  if (kind === "hyper-parameter-tuning-job" || kind === "automl-job") {
    const day = [now.getFullYear() % 100, now.getMonth() + 1, now.getDate()].map(two).join("");
    const end = `-${day}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join("")}`;
    // A name of this form is not made longer each time.
    const base = name.replace(/-\d{6}-\d{4,6}$/, "");
    return base.slice(0, LONGEST_SEARCH_NAME - end.length).replace(/-+$/, "") + end;
  }
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate(), now.getHours(), now.getMinutes(), now.getSeconds()];
  const end = `-${parts.map(two).join("-")}-${String(now.getMilliseconds()).padStart(3, "0")}`;
  return baseName(name).slice(0, LONGEST_NAME - end.length).replace(/-+$/, "") + end;
}

/** What follows from a new name: [path, value]. A job that wrote into the folders of another would change its results. */
function following(request: Document, before: string, name: string): [Path, unknown][] {
  const found: [Path, unknown][] = [];
  const told = at(request, ["HyperParameters", "sagemaker_job_name"]);
  if (typeof told === "string" && plain(told) === before) {
    found.push([["HyperParameters", "sagemaker_job_name"], spelledLike(told, name)]);
  }
  const checkpoints = at(request, ["CheckpointConfig", "S3Uri"]);
  if (typeof checkpoints === "string") {
    // The old folder has the last checkpoints: a job that begins with them would train nothing.
    found.push([["CheckpointConfig", "S3Uri"], `${checkpoints.replace(/\/+$/, "")}-${name}`]);
  }
  const transformed = at(request, ["TransformOutput", "S3OutputPath"]);
  if (typeof transformed === "string" && transformed.split("/").includes(before)) {
    found.push([["TransformOutput", "S3OutputPath"], movedTo(transformed, before, name)]);
  }
  const outputs = at(request, ["ProcessingOutputConfig", "Outputs"]);
  for (const [index, output] of Array.isArray(outputs) ? outputs.entries() : []) {
    const uri = at(output, ["S3Output", "S3Uri"]);
    if (typeof uri !== "string" || !uri.split("/").includes(before)) continue;
    found.push([["ProcessingOutputConfig", "Outputs", index, "S3Output", "S3Uri"], movedTo(uri, before, name)]);
  }
  return found;
}

/** The folder of a job as that of another. */
function movedTo(uri: string, before: string, name: string): string {
  return uri.split("/").map((part) => (part === before ? name : part)).join("/");
}

/** The request under another name, with folders of its own. */
export function renamed(request: Document, member: string, name: string): Document {
  const before = String(request[member] ?? "");
  return following(request, before, name).reduce<Document>(
    (changed, [path, value]) => withValue(changed, path, value),
    { ...request, [member]: name },
  );
}

/** A draft under another name. What followed from its name before still does; what was edited stays. */
export function withName(original: Document, draft: Document, member: string, name: string): Document {
  const old = String(original[member] ?? "");
  const before = following(original, old, String(draft[member] ?? ""));
  return following(original, old, name).reduce<Document>(
    (changed, [path, value], index) =>
      Object.is(at(draft, path), before[index]?.[1]) ? withValue(changed, path, value) : changed,
    { ...draft, [member]: name },
  );
}

/** A value in the spelling of the one it replaces: the SDK sends its texts as JSON. */
export function spelledLike(before: string, value: string): string {
  return before.startsWith('"') && plain(before) !== before ? JSON.stringify(value) : value;
}
