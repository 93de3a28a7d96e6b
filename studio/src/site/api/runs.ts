// The runs of an experiment, or some named ones, with the columns that charts show.
import { queryOptions } from "@tanstack/react-query";
import { type ColumnPath, type Offered, type Run, runTitle, type Value } from "../lib/board";
import { questionOf } from "../lib/component-question";
import { post } from "./call";
import type { NamedColumn, RowsQuestion } from "./experiment-operations";
import { typicalColumns } from "./rows";

/** components: these runs only; experiment: all of one. */
export interface Scope {
  experiment?: string | undefined;
  components?: readonly string[] | undefined;
}

export const MOST_RUNS = 1_000;
/** Filters of one question. */
export const MOST_NAMED = 200;
const MOST_VALUES = 100_000;
const ALWAYS = ["DisplayName", "Status.PrimaryStatus"];
const OFFERED_MS = 60_000;

export interface FoundRuns {
  runs: Run[];
  /** How many there are; more than `runs` where it is the newest ones. */
  total: number;
  isLive: boolean;
}

export function question({ experiment = "", components }: Scope): RowsQuestion {
  if (components === undefined) return questionOf({ experiment });
  const Filters = components
    .slice(0, MOST_NAMED)
    .map((Value) => ({ Name: "TrialComponentName", Operator: "Equals" as const, Value }));
  return { Resource: "ExperimentTrialComponent", SearchExpression: { Filters, Operator: "Or" } };
}

function isEmpty({ experiment, components }: Scope): boolean {
  return components === undefined ? experiment === undefined : components.length === 0;
}

/** Names of what the runs of a scope have. Their comparison has asked for them already. */
export function offered(scope: Scope) {
  return queryOptions({
    ...typicalColumns(question(scope)),
    enabled: !isEmpty(scope),
    // Charts show what runs have begun to log meanwhile.
    staleTime: OFFERED_MS,
    select: offeredOf,
  });
}

function offeredOf(columns: (NamedColumn & { Differs: boolean })[]): Offered {
  const names = (member: string): string[] =>
    columns.filter(({ Member }) => Member === member).map(({ Name }) => Name);
  const parameters = names("Parameters").filter((name) => !isInternal(name));
  const differing = new Set(columns.filter(({ Member, Differs }) => Member === "Parameters" && Differs).map(({ Name }) => Name));
  return {
    metrics: [...new Set(names("Metrics"))],
    parameters,
    differing: parameters.filter((name) => differing.has(name)),
  };
}

/** What the SDK and the platform write among the parameters of a run. */
function isInternal(name: string): boolean {
  return /^(sagemaker_|SageMaker\.|clary\.)/i.test(name);
}

/** The key begins as those of tables do: a changed component has all of them read anew. */
export function runs(scope: Scope, columns: readonly ColumnPath[]) {
  const asked = [...new Set([...ALWAYS, ...columns])];
  return queryOptions({
    queryKey: ["rows", "ExperimentTrialComponent", "runs", scope, asked] as const,
    enabled: !isEmpty(scope),
    queryFn: ({ signal }) => readRuns(scope, asked, signal),
    refetchInterval: (query): number | false => (query.state.data?.isLive ? 5_000 : false),
    // A chart more needs a column more: the others stay as they are meanwhile.
    placeholderData: (before, query) =>
      JSON.stringify(query?.queryKey[3]) === JSON.stringify(scope) ? before : undefined,
  });
}

async function readRuns(scope: Scope, columns: string[], signal: AbortSignal): Promise<FoundRuns> {
  const found = (await post(
    "studio/ListRows",
    {
      ...question(scope),
      Columns: columns,
      Count: Math.min(MOST_RUNS, Math.floor(MOST_VALUES / columns.length)),
      SortBy: "CreationTime",
      SortOrder: "Descending",
    },
    signal,
  )) as { Names: string[]; Arns: string[]; Columns: Record<string, Value[]>; Total: number };
  const valueOf = (column: string, index: number): Value => found.Columns[column]?.[index] ?? null;
  const list = found.Names.map((name, index) => ({
    name,
    arn: found.Arns[index] ?? "",
    title: runTitle(name, valueOf("DisplayName", index)),
    values: Object.fromEntries(columns.map((column) => [column, valueOf(column, index)])),
  }));
  const isLive = list.some((run) => run.values["Status.PrimaryStatus"] === "InProgress");
  return { runs: list, total: found.Total, isLive };
}
