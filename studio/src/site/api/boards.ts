// The charts that are kept with an experiment.
import { queryOptions } from "@tanstack/react-query";
import { type ChartSpec, readCharts } from "../lib/board";
import { post } from "./call";

export interface Board {
  version: number;
  /** undefined where nobody has arranged any. */
  charts: ChartSpec[] | undefined;
}

export function chartBoard(experiment: string | undefined) {
  return queryOptions({
    queryKey: ["chart-board", experiment] as const,
    enabled: experiment !== undefined,
    // Somebody else may have changed it while this tab was in the back.
    refetchOnWindowFocus: true,
    staleTime: 2_000,
    queryFn: async ({ signal }): Promise<Board> => {
      const found = await post("studio/GetChartBoard", { ExperimentName: experiment }, signal);
      const { Version, Charts } = found as { Version: number; Charts?: unknown };
      return { version: Version, charts: readCharts(Charts) };
    },
  });
}

/** Keeps the charts; without charts the usual ones come back. Rejects with a ConflictException for an old version. */
export async function keepBoard(
  experiment: string,
  charts: ChartSpec[] | undefined,
  version: number,
): Promise<Board> {
  const asked = { ExperimentName: experiment, Version: version };
  const answer =
    charts === undefined
      ? await post("studio/DeleteChartBoard", asked)
      : await post("studio/PutChartBoard", { ...asked, Charts: charts });
  return { version: (answer as { Version: number }).Version, charts };
}
