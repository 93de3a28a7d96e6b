// The kinds of vertices as a page tells them apart: a sign of its own, a colour, and a word.
import type { Vertex } from "./lineage";

export const VERTEX_KINDS = {
  data: { word: "Data", tone: "blue" },
  model: { word: "Model", tone: "green" },
  code: { word: "Code", tone: "magenta" },
  image: { word: "Image", tone: "cyan" },
  result: { word: "Result", tone: "yellow" },
  job: { word: "Job", tone: "ink" },
  component: { word: "Component", tone: "ink" },
  action: { word: "Action", tone: "red" },
  context: { word: "Context", tone: "magenta" },
} as const;

export type VertexKind = keyof typeof VERTEX_KINDS;

const ARTIFACTS: Record<string, VertexKind> = {
  dataset: "data",
  model: "model",
  code: "code",
  image: "image",
};

export function vertexKind(vertex: Pick<Vertex, "LineageType" | "Type" | "Job">): VertexKind {
  if (vertex.LineageType === "Action") return "action";
  if (vertex.LineageType === "Context") return "context";
  if (vertex.LineageType === "TrialComponent") return vertex.Type === "TrialComponent" ? "component" : "job";
  return artifactKind(vertex.Type);
}

/** Of an artifact, by its type: also of those that a caller has named, such as `validation-data`. */
export function artifactKind(type: string): VertexKind {
  const known = ARTIFACTS[type.toLowerCase()];
  if (known !== undefined) return known;
  if (/model/i.test(type)) return "model";
  if (/data/i.test(type)) return "data";
  if (/code|script|source/i.test(type)) return "code";
  if (/image|container/i.test(type)) return "image";
  return "result";
}

/** `TrainingJob` as words: `Training job`. */
export function typeWords(type: string): string {
  const words = type.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2");
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/ [A-Z](?=[a-z])/g, (each) => each.toLowerCase());
}
