// All that some runs have, for their comparison.
import { queryOptions } from "@tanstack/react-query";
import { runTitle, type Value } from "../lib/board";
import { type ComparedColumn, comparedPaths, compareRows, type CompareRow, type Statistic } from "../lib/compare";
import { post } from "./call";
import { typicalColumns } from "./rows";
import { question } from "./runs";

/** Columns of one question, and values: 200 runs with 300 columns are below 100,000. */
const MOST_COLUMNS = 300;

export interface ComparedRun {
  name: string;
  arn: string;
  title: string;
}

export interface Comparison {
  runs: ComparedRun[];
  rows: CompareRow[];
  /** Names that no component has. */
  missing: string[];
}

/** The key begins as those of tables do, so that a changed component is read anew. */
export function comparison(names: readonly string[], statistic: Statistic) {
  return queryOptions({
    queryKey: ["rows", "ExperimentTrialComponent", "comparison", names, statistic] as const,
    enabled: names.length > 0,
    queryFn: async ({ client, signal }): Promise<Comparison> => {
      const about = question({ components: names });
      // The charts of these runs need them too.
      const typical = await client.fetchQuery({ ...typicalColumns(about), staleTime: 0 });
      const columns = typical.map(({ Member, Name }): ComparedColumn => ({ member: Member, name: Name }));
      const paths = comparedPaths(columns, statistic);
      const asked = ["DisplayName", ...paths.map(({ path }) => path)];
      const parts = Array.from({ length: Math.ceil(asked.length / MOST_COLUMNS) }, (_, index) =>
        asked.slice(index * MOST_COLUMNS, (index + 1) * MOST_COLUMNS),
      );
      const answers = (await Promise.all(
        parts.map((Columns) => post("studio/ListRows", { ...about, Columns, Count: names.length }, signal)),
      )) as { Names: string[]; Arns: string[]; Columns: Record<string, Value[]> }[];
      // In the order that was asked for, not in that of the server.
      const places = new Map(answers[0]?.Names.map((name, index) => [name.toLowerCase(), index]));
      const order = names.flatMap((name) => places.get(name.toLowerCase()) ?? []);
      const values = Object.fromEntries(
        answers.flatMap((answer) =>
          Object.entries(answer.Columns).map(([path, column]) => [path, order.map((place) => column[place] ?? null)]),
        ),
      );
      return {
        runs: order.map((place, index) => ({
          name: answers[0]?.Names[place] ?? "",
          arn: answers[0]?.Arns[place] ?? "",
          title: runTitle(answers[0]?.Names[place] ?? "", values["DisplayName"]?.[index]),
        })),
        rows: compareRows(paths, values),
        missing: names.filter((name) => !places.has(name.toLowerCase())),
      };
    },
    placeholderData: (before) => before,
  });
}

/** Runs whose name or display name contains a text, to add one. */
export function namedRuns(text: string) {
  return queryOptions({
    queryKey: ["named-runs", text] as const,
    queryFn: async ({ signal }): Promise<string[]> => {
      const found = await post(
        "studio/ListRows",
        { Resource: "ExperimentTrialComponent", Text: text, Count: 30, Columns: [] },
        signal,
      );
      return (found as { Names: string[] }).Names;
    },
    placeholderData: (before) => before,
  });
}
