// The charts of a board while they are changed: kept with the experiment one change after the other.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { type Board, chartBoard, keepBoard } from "../../api/boards";
import { ServerError } from "../../api/call";
import type { ChartSpec } from "../../lib/board";

export interface EditedBoard {
  /** undefined for the usual ones. */
  charts: ChartSpec[] | undefined;
  change: (charts: ChartSpec[] | undefined) => void;
  isPending: boolean;
  /** Whether a change is on its way to the server. */
  isKeeping: boolean;
  /** Why there is no board to show. */
  readError: Error | null;
  /** Why a change is not kept. */
  error: Error | null;
  /** Somebody has kept other charts since; the ones here are not kept. */
  isOutdated: boolean;
  /** Ends that: with their charts, or with the ones here. */
  resolve: (mine: boolean) => void;
}

export function useBoard(experiment: string | undefined): EditedBoard {
  const client = useQueryClient();
  const asked = useQuery(chartBoard(experiment));
  const [draft, setDraft] = useState<{ charts: ChartSpec[] | undefined }>();
  const wanted = useRef(draft);
  const key = chartBoard(experiment).queryKey;

  const save = useMutation({
    mutationFn: ({ charts, version }: { charts: ChartSpec[] | undefined; version: number }) =>
      keepBoard(experiment ?? "", charts, version),
    onSuccess: async (board: Board, { charts }) => {
      // What is being read may be the board of before.
      await client.cancelQueries({ queryKey: key });
      client.setQueryData(key, board);
      const latest = wanted.current;
      if (latest !== undefined && latest.charts !== charts) save.mutate({ charts: latest.charts, version: board.version });
      else {
        wanted.current = undefined;
        setDraft(undefined);
      }
    },
  });
  const isConflict = save.error instanceof ServerError && save.error.code.startsWith("Conflict");

  useEffect(() => {
    if (draft === undefined) return undefined;
    // The browser asks before it closes a page with changes that are not kept.
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [draft]);

  return {
    charts: draft === undefined ? asked.data?.charts : draft.charts,
    isPending: asked.isPending,
    isKeeping: save.isPending,
    readError: asked.error,
    error: isConflict ? null : save.error,
    isOutdated: isConflict,
    change: (charts) => {
      const next = { charts };
      wanted.current = next;
      setDraft(next);
      // A change while another one is on its way is kept after it.
      if (!save.isPending && !isConflict) save.mutate({ charts, version: asked.data?.version ?? 0 });
    },
    resolve: (mine) => {
      save.reset();
      void client.fetchQuery({ ...chartBoard(experiment), staleTime: 0 }).then((board) => {
        const latest = wanted.current;
        if (mine && latest !== undefined) save.mutate({ charts: latest.charts, version: board.version });
        else {
          wanted.current = undefined;
          setDraft(undefined);
        }
      });
    },
  };
}
