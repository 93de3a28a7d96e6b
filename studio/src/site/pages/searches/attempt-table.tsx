// What a search has tried, as a table.
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type DataColumn, DataTable } from "../../components/data-table";
import { useNow } from "../../components/now";
import { Status } from "../../components/status";
import { type AttemptAddress, addressOfOrder, orderOf } from "../../lib/attempt-address";
import { type Attempt, bestOf, type Objective, parameterNames, sortedAttempts } from "../../lib/attempts";
import { duration, number } from "../../lib/format";
import { isRunning, shortReason } from "../../lib/jobs";
import type { ShownColumn } from "../../lib/table-view";

export function AttemptTable({
  attempts,
  objective,
  label,
  address,
}: {
  attempts: readonly Attempt[];
  objective: Objective;
  label: string;
  address: AttemptAddress;
}) {
  const navigate = useNavigate();
  const now = useNow();
  const order = useMemo(() => orderOf(address), [address]);
  const rows = useMemo(() => (order === undefined ? [...attempts] : sortedAttempts(attempts, order)), [attempts, order]);
  const best = bestOf(attempts, objective)?.name;
  const names = useMemo(() => parameterNames(attempts), [attempts]);
  const hasFailures = attempts.some(({ failure }) => failure !== undefined);
  const columns = useMemo(
    (): DataColumn<Attempt>[] => [
      {
        id: "name",
        title: "Name",
        width: innerWidth < 600 ? 170 : 320,
        isFixed: true,
        isSortable: true,
        text: ({ name }) => name,
        cell: ({ name, job }) => (
          <span className="row">
            {job === undefined ? (
              name
            ) : (
              <Link to="/training-jobs/$name" params={{ name: job }} title={name} tabIndex={-1}>
                {name}
              </Link>
            )}
            {name === best && <span className="best">best</span>}
          </span>
        ),
      },
      { id: "status", title: "Status", isSortable: true, text: ({ status }) => status, cell: ({ status }) => <Status status={status} /> },
      {
        id: "value",
        title: objective.metric,
        isNumber: true,
        isSortable: true,
        descendingFirst: objective.isMaximized,
        text: ({ value }) => number(value),
      },
      ...names.map(
        (name): DataColumn<Attempt> => ({
          id: `parameter:${name}`,
          title: name,
          isNumber: true,
          isSortable: true,
          text: ({ parameters }) => rounded(parameters[name] ?? ""),
        }),
      ),
      {
        id: "duration",
        title: "Ran for",
        isNumber: true,
        isSortable: true,
        text: ({ startedAt, endedAt, status }) =>
          startedAt === undefined ? "" : duration((endedAt ?? (isRunning(status) ? now : startedAt)) - startedAt),
      },
      ...(hasFailures
        ? [{ id: "failure", title: "Reason of failure", width: 320, text: ({ failure }: Attempt) => shortReason(failure ?? "") }]
        : []),
    ],
    [best, names, objective, hasFailures, now],
  );
  const usual = useMemo(
    (): ShownColumn[] => columns.map(({ id }) => (id === "name" ? { id, isPinned: innerWidth >= 600 } : { id })),
    // The columns are made anew each second, and are the same ones.
    [columns.map(({ id }) => id).join("\n")],
  );
  const [arranged, setArranged] = useState<{ of: ShownColumn[]; columns: ShownColumn[] }>();
  const shown = arranged?.of === usual ? arranged.columns : usual;
  return (
    <DataTable
      label={label}
      rows={{ count: rows.length, at: (index) => rows[index], keyOf: ({ name }) => name }}
      columns={columns}
      shown={shown}
      onColumns={(changed) => setArranged({ of: usual, columns: changed })}
      sort={order}
      onSort={(wanted) =>
        void navigate({ to: ".", search: addressOfOrder(wanted) as never, replace: true, resetScroll: false })
      }
      onOpen={({ job }) => {
        if (job !== undefined) void navigate({ to: "/training-jobs/$name", params: { name: job } });
      }}
    />
  );
}

/** Engines suggest sixteen digits, of which a reader needs five. */
function rounded(text: string): string {
  const value = Number(text);
  return text.trim() === "" || Number.isNaN(value) || text.length <= 8 ? text : String(Number(value.toPrecision(5)));
}
