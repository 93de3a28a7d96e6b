// Which trial components a list is about, as a question to the server.
import type { RowsQuestion } from "../api/experiment-operations";

export interface Scope {
  experiment?: string | undefined;
  trial?: string | undefined;
  isUnassigned?: boolean | undefined;
}

/** Those of an experiment, of a trial, of no trial, or all. */
export function questionOf({ experiment, trial, isUnassigned }: Scope): RowsQuestion {
  const equals = (name: string, value: string | undefined) =>
    value === undefined ? [] : [{ Name: name, Operator: "Equals" as const, Value: value }];
  const filters = [
    ...equals("Parents.ExperimentName", experiment),
    ...equals("Parents.TrialName", trial),
    ...(isUnassigned ? [{ Name: "Parents", Operator: "NotExists" as const }] : []),
  ];
  return {
    Resource: "ExperimentTrialComponent",
    ...(filters.length > 0 && { SearchExpression: { Filters: filters } }),
  };
}

export function trialsOf(experiment: string): RowsQuestion {
  return {
    Resource: "ExperimentTrial",
    SearchExpression: { Filters: [{ Name: "ExperimentName", Operator: "Equals", Value: experiment }] },
  };
}
