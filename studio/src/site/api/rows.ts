// The rows of a table that live on the server: only windows and columns in sight are asked for.
import { infiniteQueryOptions, type QueryClient, queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef } from "react";
import { columnBlocks, NO_ROWS, type RecordRow, type RowCache, type RowsAnswer, windowsOf, withAnswer } from "../lib/row-cache";
import { grouped, type PlannedRow, type RowPlan, ungrouped } from "../lib/row-plan";
import { orderedGroups } from "../lib/group-order";
import type { SortOrder } from "../lib/table-view";
import { call } from "./call";
import { soon } from "./soon";
import type { GroupsAnswer, NamedColumn, RowsQuestion } from "./experiment-operations";

const WINDOW = 100;
const BLOCK = 40;
/** The server aggregates so many columns at once. */
const MOST_AGGREGATED = 40;
/** Values change without a record that changes: metrics of a running job. */
const LIVE_MS = 3_000;

export type TableRow =
  | { type: "record"; key: string; record: RecordRow }
  | { type: "group"; key: string; value: string | number | null; count: number; index: number; isOpen: boolean };

export interface RowsView {
  question: RowsQuestion;
  sort: SortOrder;
  /** All shown columns, in their order. */
  columns: readonly string[];
  sight: { first: number; last: number; columns: readonly string[] };
  /** Groups by the values of a column. `of` is the question of one group. */
  groups?: { by: string; open: ReadonlySet<string>; of: (value: string | number | null) => RowsQuestion } | undefined;
  /** Something that is shown may change without notice. */
  isLive: boolean;
  /** Nothing is asked for yet. */
  isPaused?: boolean;
}

export interface Rows {
  /** undefined before the first answer. */
  total: number | undefined;
  count: number;
  at: (index: number) => TableRow | undefined;
  groups: GroupsAnswer | undefined;
  error: Error | null;
  /** What is shown is the answer to another question. */
  isOld: boolean;
  keysBetween: (first: number, last: number) => Promise<string[]>;
}

export function rowsWindow(question: RowsQuestion, sort: SortOrder, columns: readonly string[], first: number, count: number) {
  return queryOptions({
    queryKey: ["rows", question.Resource, question, sort, columns, first, count] as const,
    queryFn: ({ signal }) =>
      call(
        "studio/ListRows",
        {
          ...question,
          SortBy: sort.by,
          SortOrder: sort.descending ? "Descending" : "Ascending",
          Columns: [...columns],
          First: first,
          Count: count,
        },
        signal,
      ),
  });
}

export function groupsOf(question: RowsQuestion, by: string, columns: readonly string[]) {
  return queryOptions({
    queryKey: ["rows", question.Resource, "groups", question, by, columns] as const,
    queryFn: ({ signal }) => call("studio/ListGroups", { ...question, GroupBy: by, Columns: [...columns] }, signal),
    placeholderData: (before: GroupsAnswer | undefined, query) => (query?.queryKey[4] === by ? before : undefined),
  });
}

const NAMES = 500;

/** Names for a picker, those with the hint: there may be 12,000. */
export function columnNames(question: RowsQuestion, hint: string) {
  return infiniteQueryOptions({
    queryKey: ["column-names", question, hint] as const,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      call("studio/ListColumns", { ...question, Hint: hint, First: pageParam, Count: NAMES }, signal),
    getNextPageParam: (last) => (last.First + last.Columns.length < last.Total ? last.First + last.Columns.length : undefined),
    placeholderData: (before) => before,
  });
}

/** A few names, to complete one that is being written. */
export function namesLike(question: RowsQuestion, hint: string, count: number) {
  return queryOptions({
    queryKey: ["column-names", "like", question, hint, count] as const,
    queryFn: ({ signal }) => call("studio/ListColumns", { ...question, Hint: hint, Count: count }, signal),
    placeholderData: (before) => before,
  });
}

/** The values that most records have in a column. */
export function valuesOf(question: RowsQuestion, column: string, count: number) {
  return queryOptions({
    queryKey: ["column-names", "values", question, column, count] as const,
    queryFn: ({ signal }) => call("studio/ListGroups", { ...question, GroupBy: column, Count: count }, signal),
    retry: false,
  });
}

export function typicalColumns(question: RowsQuestion) {
  return queryOptions({
    queryKey: ["typical-columns", question] as const,
    queryFn: async ({ signal }): Promise<(NamedColumn & { Count: number; Differs: boolean })[]> =>
      (await call("studio/ListTypicalColumns", question, signal)).Columns,
    // Columns that come and go while one reads would be worse than old ones.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The names of all records that match, in their order. */
export async function allNames(question: RowsQuestion, sort: SortOrder, first = 0, count = 50_000): Promise<string[]> {
  const order = sort.descending ? "Descending" : "Ascending";
  return (await call("studio/ListRows", { ...question, SortBy: sort.by, SortOrder: order, First: first, Count: count })).Names;
}

const TREE_PAGE = 200;

/** A part of what stands below a node of a tree, the newest first. */
export function treePage(question: RowsQuestion, columns: readonly string[]) {
  return infiniteQueryOptions({
    queryKey: ["rows", question.Resource, "tree", question, columns] as const,
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      call(
        "studio/ListRows",
        { ...question, SortBy: "CreationTime", SortOrder: "Descending", Columns: [...columns], First: pageParam, Count: TREE_PAGE },
        signal,
      ),
    getNextPageParam: (last) => (last.First + last.Names.length < last.Total ? last.First + last.Names.length : undefined),
  });
}

interface Shown {
  key: string;
  caches: ReadonlyMap<string, RowCache>;
}

export function useRows(view: RowsView): Rows {
  const { question, sort, columns, sight, groups, isLive, isPaused = false } = view;
  const refetchInterval = isLive ? LIVE_MS : (false as const);
  const aggregated = useMemo(() => columns.slice(0, MOST_AGGREGATED), [columns]);
  const askedGroups = useQuery({
    ...groupsOf(question, groups?.by ?? "", aggregated),
    enabled: groups !== undefined && !isPaused,
    refetchInterval,
  });
  const found = groups === undefined ? undefined : askedGroups.data;
  const listKey = JSON.stringify([question, sort, groups?.by]);

  const shown = useRef<Shown>({ key: "", caches: new Map() });
  const known = shown.current.caches.get("");
  const open = groups?.open;
  const plan: RowPlan = useMemo(() => {
    if (groups === undefined) return ungrouped(known?.total ?? 0);
    const ordered = found === undefined ? [] : orderedGroups(found, groups.by, sort);
    return grouped(ordered.map(({ Value, Count }) => ({ key: groupKey(Value), count: Count })), open ?? new Set());
  }, [groups?.by, sort, known?.total, found, open]);

  const asked: { group: string; options: ReturnType<typeof rowsWindow> }[] = [];
  const parts = isPaused ? [] : plan.between(sight.first, Math.max(sight.first, sight.last));
  const values = new Map((found?.Groups ?? []).map((each) => [groupKey(each.Value), each.Value]));
  for (const { group, first, last } of parts) {
    const of = groups === undefined ? question : groups.of(values.get(group.key) ?? null);
    for (const window of windowsOf(first, last, WINDOW)) {
      for (const block of columnBlocks(columns, sight.columns, BLOCK)) {
        asked.push({ group: group.key, options: rowsWindow(of, sort, block, window * WINDOW, WINDOW) });
      }
    }
  }
  const answers = useQueries({
    queries: asked.map(({ options }) => ({ ...options, refetchInterval })),
    combine: (results) => ({
      data: results.map((result) => result.data),
      error: results.find((result) => result.error !== null)?.error ?? null,
    }),
  });
  const groupNames = asked.map(({ group }) => group).join("\n");
  const hasAnswer = answers.data.some((answer) => answer !== undefined) || (groups !== undefined && found !== undefined);

  const now = useMemo(() => {
    // The rows of the question before stay until the first answer to the new one.
    if (!hasAnswer) return shown.current;
    const caches = new Map(shown.current.key === listKey ? shown.current.caches : undefined);
    answers.data.forEach((answer: RowsAnswer | undefined, at) => {
      const group = groupNames.split("\n")[at] ?? "";
      if (answer !== undefined) caches.set(group, withAnswer(caches.get(group) ?? NO_ROWS, answer));
    });
    return { key: listKey, caches };
  }, [answers.data, groupNames, listKey, hasAnswer]);
  shown.current = now;

  const isOld = now.key !== listKey;
  const total = groups === undefined ? now.caches.get("")?.total : found?.Total;
  const finalPlan = useMemo(
    () => (groups === undefined ? ungrouped(total ?? 0) : plan),
    [groups === undefined, total, plan],
  );
  const at = useCallback(
    (index: number): TableRow | undefined => rowOf(finalPlan.at(index), now.caches, found, open),
    [finalPlan, now, found, open],
  );
  const keysBetween = useCallback(
    async (first: number, last: number) => {
      const names: string[] = [];
      for (const part of finalPlan.between(first, last)) {
        const of = groups === undefined ? question : groups.of(values.get(part.group.key) ?? null);
        names.push(...(await allNames(of, sort, part.first, part.last - part.first + 1)));
      }
      return names;
    },
    [finalPlan, question, sort, groups],
  );
  return { total, count: finalPlan.count, at, groups: found, error: askedGroups.error ?? answers.error, isOld, keysBetween };
}

function rowOf(
  planned: PlannedRow | undefined,
  caches: ReadonlyMap<string, RowCache>,
  groups: GroupsAnswer | undefined,
  open: ReadonlySet<string> | undefined,
): TableRow | undefined {
  if (planned === undefined) return undefined;
  if (planned.row !== undefined) {
    const record = caches.get(planned.group.key)?.rows.get(planned.row);
    return record && tableRow(record);
  }
  const index = groups?.Groups.findIndex((each) => groupKey(each.Value) === planned.group.key) ?? -1;
  const group = groups?.Groups[index];
  if (group === undefined) return undefined;
  const key = planned.group.key;
  return { type: "group", key, value: group.Value, count: group.Count, index, isOpen: open?.has(key) ?? false };
}

// One row of the table for each record, so that rows which have not changed are not drawn again.
const tableRows = new WeakMap<RecordRow, TableRow>();

function tableRow(record: RecordRow): TableRow {
  const before = tableRows.get(record);
  if (before !== undefined) return before;
  const row: TableRow = { type: "record", key: record.name, record };
  tableRows.set(record, row);
  return row;
}

export function groupKey(value: string | number | null): string {
  return JSON.stringify(value);
}

export function experiment(name: string) {
  return queryOptions({
    queryKey: ["experiment", name] as const,
    queryFn: ({ signal }) => call("sagemaker/DescribeExperiment", { ExperimentName: name }, signal),
  });
}

const RESOURCES: Record<string, RowsQuestion["Resource"]> = {
  experiment: "Experiment",
  "experiment-trial": "ExperimentTrial",
  "experiment-trial-component": "ExperimentTrialComponent",
};
/** Asks for what is shown anew when records of its kind have changed, once a second at most. */
export function refreshRows(client: QueryClient, names: readonly [string, string][]): void {
  const changed = new Set(names.flatMap(([kind]) => RESOURCES[kind] ?? []));
  // The counts of an experiment and of a trial change with their components.
  if (changed.has("ExperimentTrialComponent")) changed.add("ExperimentTrial");
  if (changed.has("ExperimentTrial")) changed.add("Experiment");
  // A training loop may write a component hundreds of times a second.
  for (const resource of changed) {
    soon(`rows of ${resource}`, () => {
      void client.invalidateQueries({ queryKey: ["rows", resource] });
      void client.invalidateQueries({ queryKey: ["column-names"] });
      if (resource === "Experiment") void client.invalidateQueries({ queryKey: ["experiment"] });
    });
  }
}
