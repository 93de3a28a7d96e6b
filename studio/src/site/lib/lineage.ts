// The lineage that a page has read so far, as a graph: pure, whatever draws it.

export type LineageType = "Artifact" | "TrialComponent" | "Action" | "Context";

export interface Vertex {
  Arn: string;
  LineageType: LineageType;
  /** Such as DataSet, Model or TrainingJob. */
  Type: string;
  Name?: string;
  DisplayName?: string;
  Uri?: string;
  /** The ARN of the job that a component tells of. */
  Job?: string;
  Status?: string;
  CreationTime?: number;
  /** Of all its neighbours, shown or not: what it was made from, and what came of it. */
  Before: number;
  After: number;
}

export interface Edge {
  SourceArn: string;
  DestinationArn: string;
  AssociationType?: string;
}

export interface LineageAnswer {
  Starts: string[];
  Vertices: Vertex[];
  Edges: Edge[];
  IsCut: boolean;
}

export interface Graph {
  start: string;
  vertices: Map<string, Vertex>;
  edges: Edge[];
  /** ARNs of causes, and of results. */
  before: Map<string, string[]>;
  after: Map<string, string[]>;
  isCut: boolean;
}

export const MOST_VERTICES = 400;

export type Side = "before" | "after";

/** All answers as one graph. What is beyond the bound is left out, the first answers count most. */
export function graphOf(answers: readonly LineageAnswer[]): Graph | undefined {
  const start = answers[0]?.Starts[0];
  if (start === undefined) return undefined;
  const vertices = new Map<string, Vertex>();
  const edges = new Map<string, Edge>();
  let isCut = answers[0]?.IsCut ?? false;
  for (const answer of answers) {
    for (const vertex of answer.Vertices) {
      if (vertices.has(vertex.Arn) || vertices.size < MOST_VERTICES) vertices.set(vertex.Arn, vertex);
      else isCut = true;
    }
    for (const edge of answer.Edges) edges.set(`${edge.SourceArn} ${edge.DestinationArn}`, edge);
  }
  const shown = [...edges.values()].filter(
    (edge) => vertices.has(edge.SourceArn) && vertices.has(edge.DestinationArn),
  );
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };
  for (const { SourceArn, DestinationArn } of shown) {
    add(before, DestinationArn, SourceArn);
    add(after, SourceArn, DestinationArn);
  }
  return { start, vertices, edges: shown, before, after, isCut };
}

/** How many neighbours of a vertex are not shown. */
export function hiddenCount(graph: Graph, arn: string, side: Side): number {
  const all = graph.vertices.get(arn)?.[side === "before" ? "Before" : "After"] ?? 0;
  return Math.max(0, all - (graph[side].get(arn)?.length ?? 0));
}

/** All that a vertex was made from, or all that came of it; without itself. */
export function reach(graph: Graph, arn: string, side: Side): Set<string> {
  const found = new Set<string>();
  const open = [arn];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const other of graph[side].get(next) ?? []) {
      if (found.has(other) || other === arn) continue;
      found.add(other);
      open.push(other);
    }
  }
  return found;
}

export interface TreeRow {
  vertex: Vertex;
  level: number;
  /** How it is associated with the row above it. */
  association: string;
  /** Its own rows stand where it was first told. */
  isAgain: boolean;
  hidden: number;
}

/** A direction as rows of a tree, for who reads instead of looking. */
export function treeOf(graph: Graph, side: Side): TreeRow[] {
  const seen = new Set([graph.start]);
  const kinds = new Map(
    graph.edges.map((edge) => [`${edge.SourceArn} ${edge.DestinationArn}`, edge.AssociationType ?? ""]),
  );
  const rows: TreeRow[] = [];
  const grow = (arn: string, level: number): void => {
    for (const other of graph[side].get(arn) ?? []) {
      const vertex = graph.vertices.get(other);
      if (vertex === undefined) continue;
      const isAgain = seen.has(other);
      seen.add(other);
      const association = kinds.get(side === "before" ? `${other} ${arn}` : `${arn} ${other}`) ?? "";
      rows.push({ vertex, level, association, isAgain, hidden: isAgain ? 0 : hiddenCount(graph, other, side) });
      if (!isAgain) grow(other, level + 1);
    }
  };
  grow(graph.start, 1);
  return rows;
}

/** What a vertex is called on a page: a component by its job, as people know that name. */
export function titleOf(vertex: Vertex): string {
  if (vertex.DisplayName && vertex.DisplayName !== vertex.Name) return vertex.DisplayName;
  // The component of a job has the job's name, and an ending that says only this.
  if (vertex.Job !== undefined && vertex.Name) return vertex.Name.replace(/-aws-[a-z]+-job$/, "");
  return vertex.Name || vertex.Uri || vertex.Arn.split("/").slice(1).join("/");
}

/** Vertices whose name, location, type or ARN has a text, from left to right as they are drawn. */
export function foundIn(graph: Graph, text: string): string[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  return [...graph.vertices.values()]
    .filter((vertex) =>
      [vertex.Name, vertex.DisplayName, vertex.Uri, vertex.Type, vertex.Arn].some((each) =>
        each?.toLowerCase().includes(wanted),
      ),
    )
    .map(({ Arn }) => Arn);
}

export interface Place {
  x: number;
  y: number;
}

/** The vertex that an arrow key leads to: left and right along edges, up and down to the nearest one. */
export function stepTo(
  graph: Graph,
  places: ReadonlyMap<string, Place>,
  arn: string,
  key: "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown",
): string | undefined {
  const here = places.get(arn);
  if (here === undefined) return undefined;
  const nearest = (arns: Iterable<string>, weightX: number): string | undefined => {
    let best: [number, string] | undefined;
    for (const each of arns) {
      const there = places.get(each);
      if (there === undefined) continue;
      const away = weightX * Math.abs(there.x - here.x) + Math.abs(there.y - here.y);
      if (best === undefined || away < best[0]) best = [away, each];
    }
    return best?.[1];
  };
  if (key === "ArrowLeft" || key === "ArrowRight") {
    return nearest(graph[key === "ArrowLeft" ? "before" : "after"].get(arn) ?? [], 0);
  }
  const sign = key === "ArrowUp" ? -1 : 1;
  const that = [...places].filter(([, place]) => (place.y - here.y) * sign > 1).map(([each]) => each);
  return nearest(that, 4);
}
