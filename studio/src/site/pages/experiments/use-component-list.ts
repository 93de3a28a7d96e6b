// The view of a list of trial components: what its address says, and the rows that it asks for.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { RowsQuestion } from "../../api/experiment-operations";
import { type TableRow, typicalColumns, useRows } from "../../api/rows";
import type { DataColumn, InSight } from "../../components/data-table";
import { useSelection } from "../../components/selection";
import { usualColumns } from "../../lib/component-columns";
import type { ComponentListAddress } from "../../lib/component-list-address";
import { questionOf, type Scope } from "../../lib/component-question";
import { bothExpressions, searchExpression, valueFilter } from "../../lib/filter-expression";
import { parseFilter } from "../../lib/filter-language";
import { withRow } from "../../lib/row-selection";
import { readColumns, readSort, type ShownColumn, spelledColumns } from "../../lib/table-view";
import { componentColumn, type GroupNumbers } from "./cells";

const NEWEST = { by: "CreationTime", descending: true };
const NAME = { id: "TrialComponentName", isPinned: true };

export function useComponentList(scope: Scope, address: ComponentListAddress) {
  const navigate = useNavigate();
  const change = useCallback(
    (changes: ComponentListAddress, replace = true) =>
      void navigate({
        to: ".",
        search: (before: ComponentListAddress) => ({ ...before, ...changes }),
        replace,
      } as never),
    [navigate],
  );

  const base = useMemo(
    () => questionOf(scope),
    [scope.experiment, scope.trial, scope.isUnassigned],
  );
  const parsed = useMemo(() => parseFilter(address.q ?? ""), [address.q]);
  const question = useMemo((): RowsQuestion => {
    const expression = bothExpressions(base.SearchExpression, searchExpression(parsed.filter));
    return {
      Resource: base.Resource,
      ...(expression && { SearchExpression: expression }),
      ...(address.find && { Text: address.find }),
    };
  }, [base, parsed, address.find]);

  // Of all components of the scope: a filter does not change what is usual.
  const typical = useQuery(typicalColumns(base));
  const usual = useMemo(
    () =>
      usualColumns(typical.data ?? [], {
        hasExperiment: scope.experiment !== undefined || scope.isUnassigned === true,
        hasTrial: scope.trial !== undefined || scope.isUnassigned === true,
      }),
    [typical.data, scope.experiment, scope.trial, scope.isUnassigned],
  );
  const shown = useMemo(() => readColumns(address.columns, usual, NAME), [address.columns, usual]);
  const onColumns = useCallback(
    (columns: ShownColumn[]) => change({ columns: spelledColumns(columns, usual) }),
    [change, usual],
  );
  const sort = useMemo(() => readSort(address.sort) ?? NEWEST, [address.sort]);

  const [selection, onSelection] = useSelection(
    address.pick,
    useCallback((pick) => change({ pick }), [change]),
  );

  const [sight, setSight] = useState<InSight>({ first: 0, last: 0, columns: [] });
  const onSight = useCallback((seen: InSight) => setSight((before) => coarseSight(before, seen)), []);
  const [openGroups, onOpenGroups] = useSelection(
    address.open,
    useCallback((groups) => change({ open: groups }), [change]),
  );
  const open = openGroups.keys;
  const [isLive, setIsLive] = useState(false);
  const by = address.group;
  const groups = useMemo(
    () =>
      by === undefined
        ? undefined
        : {
            by,
            open,
            of: (value: string | number | null): RowsQuestion => {
              const own = bothExpressions(question.SearchExpression, searchExpression(valueFilter(by, value)));
              return { ...question, ...(own && { SearchExpression: own }) };
            },
          },
    [by, open, question],
  );
  // A group is asked for by its value too, and a change of status has to be seen.
  const asked = useMemo(() => {
    const ids = shown.map(({ id }) => id).filter((id) => id !== NAME.id);
    return ids.includes("Status.PrimaryStatus") ? ids : ["Status.PrimaryStatus", ...ids];
  }, [shown]);
  // Columns that come later would make the table jump.
  const isWaiting = typical.isPending && address.columns === undefined;
  const rows = useRows({
    question,
    sort,
    columns: asked,
    sight: { ...sight, columns: [...sight.columns, asked[0] ?? ""] },
    groups,
    isLive,
    isPaused: isWaiting,
  });
  const isRunning = hasRunning(rows.at, sight);
  if (isRunning !== isLive) setIsLive(isRunning);

  const numbers = useMemo((): GroupNumbers | undefined => {
    const found = rows.groups;
    if (by === undefined) return undefined;
    return {
      by,
      of: (column, group) => {
        const of = found?.Numbers[column];
        const [mean, min, max] = [of?.Mean[group], of?.Min[group], of?.Max[group]];
        return mean == null || min == null || max == null ? undefined : { mean, min, max };
      },
    };
  }, [rows.groups, by]);
  const texts = textColumns(asked, rows.at, rows.count);
  const columns = useMemo((): DataColumn<TableRow>[] => {
    const textual = new Set(texts.split("\n"));
    return shown.map(({ id }) => componentColumn(id, numbers, textual.has(id)));
  }, [shown, numbers, texts]);

  const toggle = useCallback(
    (key: string) => onOpenGroups(withRow(openGroups, key, !openGroups.keys.has(key))),
    [openGroups, onOpenGroups],
  );
  const listKey = JSON.stringify([question, sort, by]);
  return {
    change,
    base,
    question,
    parsed,
    shown,
    usual,
    onColumns,
    sort,
    selection,
    onSelection,
    rows: typical.error ? { ...rows, error: typical.error } : rows,
    columns,
    toggle,
    onSight,
    listKey,
  };
}

/** Rows of one step: the page around the table is drawn again only when another step comes into sight. */
const STEP = 25;

function coarseSight(before: InSight, { first, last, columns }: InSight): InSight {
  const from = Math.floor(first / STEP) * STEP;
  const to = Math.ceil((last + 1) / STEP) * STEP - 1;
  const isSame = before.first === from && before.last === to && before.columns.join("\n") === columns.join("\n");
  return isSame ? before : { first: from, last: to, columns };
}

/** Whether a row in sight still runs: its metrics change without a record that changes. */
function hasRunning(at: (index: number) => TableRow | undefined, { first, last }: InSight): boolean {
  for (let index = first; index <= last; index++) {
    const row = at(index);
    if (row?.type === "record" && row.record.values["Status.PrimaryStatus"] === "InProgress") return true;
  }
  return false;
}

const LOOKED_AT = 50;

/** The parameters whose first values are texts. */
function textColumns(columns: readonly string[], at: (index: number) => TableRow | undefined, count: number): string {
  const left = new Set(columns.filter((column) => column.startsWith("Parameters.")));
  const texts: string[] = [];
  for (let index = 0; index < Math.min(count, LOOKED_AT) && left.size > 0; index++) {
    const row = at(index);
    if (row?.type !== "record") continue;
    for (const column of left) {
      const value = row.record.values[column];
      if (value === null || value === undefined) continue;
      left.delete(column);
      if (typeof value === "string" && !Number.isFinite(Number(value))) texts.push(column);
    }
  }
  return texts.join("\n");
}
