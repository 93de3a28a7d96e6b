// What was made from what, and what artifacts, actions and contexts are, by key.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import type { Side } from "../lib/lineage";
import { call, ServerError } from "./call";
import { soon } from "./soon";

const DIRECTION = { before: "Ascendants", after: "Descendants" } as const;
/** The most neighbours that one answer has. */
const PAGE = 100;

export function lineage(from: string, direction: Side | undefined, depth: number) {
  return queryOptions({
    queryKey: ["lineage", from, direction, depth] as const,
    queryFn: ({ signal }) =>
      call(
        "studio/GetLineage",
        { Starts: [from], Direction: direction === undefined ? "Both" : DIRECTION[direction], Depth: depth },
        signal,
      ),
    placeholderData: (before, query) => (query?.queryKey[1] === from ? before : undefined),
  });
}

/** The newest neighbours of a vertex. */
export function neighbours(arn: string, side: Side, count: number) {
  return queryOptions({
    queryKey: ["lineage", "neighbours", arn, side, count] as const,
    queryFn: async ({ signal }) => {
      const ask = (EachSide: number, Skip: number) =>
        call(
          "studio/GetLineage",
          { Starts: [arn], Direction: DIRECTION[side], Depth: 1, EachSide, Skip, Most: EachSide + 1 },
          signal,
        );
      const found = await ask(Math.min(PAGE, count), 0);
      for (let skip = PAGE; skip < count; skip += PAGE) {
        const more = await ask(Math.min(PAGE, count - skip), skip);
        found.Vertices.push(...more.Vertices);
        found.Edges.push(...more.Edges);
      }
      // A vertex that has a neighbour twice, on two pages, has it once in a graph.
      return { ...found, IsCut: false };
    },
  });
}

export type SourcedKind = "artifact" | "action" | "context";

/** An artifact, an action or a context; their Describe answers differ in the names of members only. */
export interface Sourced {
  kind: SourcedKind;
  arn: string;
  name: string;
  type: string;
  uri: string;
  sourceTypes: { SourceIdType?: string | undefined; Value?: string | undefined }[];
  description: string;
  status: string;
  properties: Record<string, string>;
  createdAt: number | undefined;
  changedAt: number | undefined;
  createdBy: string | undefined;
}

interface Author {
  IamIdentity?: { Arn?: string | undefined } | undefined;
  UserProfileName?: string | undefined;
}

/** Who it was, by the end of the ARN: `user/ada`. */
export function authorOf(author: Author | undefined): string | undefined {
  return author?.UserProfileName ?? author?.IamIdentity?.Arn?.split(":").at(-1);
}

type Whole = Record<string, unknown> & {
  Source?: { SourceUri?: string | undefined; SourceTypes?: Sourced["sourceTypes"] | undefined } | undefined;
  CreatedBy?: Author | undefined;
};

function sourcedOf(kind: SourcedKind, answer: object): Sourced {
  const found = answer as Whole;
  const noun = { artifact: "Artifact", action: "Action", context: "Context" }[kind];
  const text = (member: string): string => {
    const value = found[member];
    return typeof value === "string" ? value : "";
  };
  const instant = (member: string): number | undefined => {
    const value = found[member];
    return typeof value === "number" ? value : undefined;
  };
  return {
    kind,
    arn: text(`${noun}Arn`),
    name: text(`${noun}Name`),
    type: text(`${noun}Type`),
    uri: found.Source?.SourceUri ?? "",
    sourceTypes: found.Source?.SourceTypes ?? [],
    description: text("Description"),
    status: text("Status"),
    properties: (found["Properties"] ?? {}) as Record<string, string>,
    createdAt: instant("CreationTime"),
    changedAt: instant("LastModifiedTime"),
    createdBy: authorOf(found.CreatedBy),
  };
}

/** name: the ARN of an artifact, the name of the others. */
export function sourced(kind: SourcedKind, name: string) {
  return queryOptions({
    queryKey: ["sourced", kind, name] as const,
    queryFn: async ({ signal }): Promise<Sourced> => {
      if (kind === "artifact") {
        return sourcedOf(kind, await call("sagemaker/DescribeArtifact", { ArtifactArn: name }, signal));
      }
      if (kind === "action") {
        return sourcedOf(kind, await call("sagemaker/DescribeAction", { ActionName: name }, signal));
      }
      return sourcedOf(kind, await call("sagemaker/DescribeContext", { ContextName: name }, signal));
    },
  });
}

export interface SourcedFilter {
  type?: string | undefined;
  uri?: string | undefined;
  /** Epoch seconds; what was made from then on. */
  after?: number | undefined;
  ascending?: boolean | undefined;
}

export function sourcedList(kind: SourcedKind, filter: SourcedFilter) {
  return infiniteQueryOptions({
    queryKey: ["sourced-list", kind, filter] as const,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const shared = {
        MaxResults: 100,
        SortBy: "CreationTime" as const,
        SortOrder: filter.ascending ? ("Ascending" as const) : ("Descending" as const),
        ...(filter.uri && { SourceUri: filter.uri }),
        // The wire has epoch seconds where the SDK's types have dates.
        ...(filter.after !== undefined && { CreatedAfter: filter.after as unknown as Date }),
        ...(pageParam && { NextToken: pageParam }),
      };
      if (kind === "artifact") {
        const type = filter.type ? { ArtifactType: filter.type } : {};
        const found = await call("sagemaker/ListArtifacts", { ...shared, ...type }, signal);
        return pageOf(kind, found.ArtifactSummaries, found.NextToken);
      }
      if (kind === "action") {
        const type = filter.type ? { ActionType: filter.type } : {};
        const found = await call("sagemaker/ListActions", { ...shared, ...type }, signal);
        return pageOf(kind, found.ActionSummaries, found.NextToken);
      }
      const type = filter.type ? { ContextType: filter.type } : {};
      const found = await call("sagemaker/ListContexts", { ...shared, ...type }, signal);
      return pageOf(kind, found.ContextSummaries, found.NextToken);
    },
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  });
}

function pageOf(kind: SourcedKind, summaries: readonly object[] | undefined, next: string | undefined) {
  return { rows: (summaries ?? []).map((each) => sourcedOf(kind, each)), next };
}

/** Of what the stream of changes tells, that which changes a lineage. "lineage" stands for all artifacts and associations. */
const TELLING = new Set(["experiment-trial-component", "action", "context", "lineage"]);
const SHOWN = new Set(["lineage", "sourced", "sourced-list", "component-place"]);

/** Has what is shown of components and lineage asked again, where it may have changed. */
export async function applyTrackingChanges(client: QueryClient, names: [string, string][]): Promise<void> {
  const told = names.filter(([kind]) => TELLING.has(kind));
  if (told.length === 0) return;
  // A sweep that starts changes them many times a second.
  soon("lineage", () => {
    void client.invalidateQueries({ predicate: ({ queryKey }) => SHOWN.has(String(queryKey[0])) });
  });
  for (const [kind, name] of told) {
    if (kind === "experiment-trial-component") {
      await client.invalidateQueries({ queryKey: ["component", name.toLowerCase()] });
    }
  }
}

/** Whether there is nothing to show because there is no lineage, rather than because something went wrong. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ServerError && /ResourceNotFound|NotFound/.test(error.code);
}
