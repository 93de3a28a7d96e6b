// Experiments, trials and trial components by a part of their name, for the palette.
import { useQueries } from "@tanstack/react-query";
import { rowsWindow } from "./api/rows";
import type { RowsQuestion } from "./api/experiment-operations";

export interface FoundRecord {
  /** Of all that the palette shows. */
  key: string;
  name: string;
  /** What the name leaves open. */
  hint: string;
  /** The experiment, of a trial. */
  experiment: string;
}

export interface FoundRecords {
  kind: "experiment" | "trial" | "component";
  heading: string;
  records: FoundRecord[];
}

const NEWEST = { by: "LastModifiedTime", descending: true };
const MOST = 8;

const KINDS: { kind: FoundRecords["kind"]; heading: string; resource: RowsQuestion["Resource"]; hint: string }[] = [
  { kind: "experiment", heading: "Experiments", resource: "Experiment", hint: "DisplayName" },
  { kind: "trial", heading: "Trials", resource: "ExperimentTrial", hint: "ExperimentName" },
  { kind: "component", heading: "Trial components", resource: "ExperimentTrialComponent", hint: "DisplayName" },
];

export function useNamedRecords(search: string): FoundRecords[] {
  const answers = useQueries({
    queries: KINDS.map(({ resource, hint }) => ({
      ...rowsWindow({ Resource: resource, ...(search && { Text: search }) }, NEWEST, [hint], 0, MOST),
      enabled: search !== "",
      retry: false,
    })),
  });
  return KINDS.map(({ kind, heading, hint }, at) => {
    const found = answers[at]?.data;
    const records = (found?.Names ?? []).map((name, row) => {
      const said = String(found?.Columns[hint]?.[row] ?? "");
      return {
        key: `${kind} ${name}`,
        name,
        hint: said === name ? "" : said,
        experiment: kind === "trial" ? said : "",
      };
    });
    return { kind, heading, records };
  });
}
