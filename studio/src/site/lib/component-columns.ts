// The columns of a table of trial components: what each path of the attribute index is called and how it is read.
import { number, instant, duration, plain } from "./format";
import type { CellValue } from "./row-cache";
import type { ShownColumn } from "./table-view";

export type ColumnKind = "name" | "text" | "status" | "time" | "duration" | "number" | "parameter" | "arn" | "trial" | "experiment";

export interface ColumnMeaning {
  id: string;
  title: string;
  hint?: string;
  kind: ColumnKind;
  width: number;
}

const own = (id: string, title: string, kind: ColumnKind, width: number): ColumnMeaning => ({ id, title, kind, width });

/** What every component may have. */
export const PROPERTIES: readonly ColumnMeaning[] = [
  own("TrialComponentName", "Name", "name", 250),
  own("DisplayName", "Display name", "text", 180),
  own("Status.PrimaryStatus", "Status", "status", 130),
  own("CreationTime", "Created", "time", 120),
  own("Duration", "Ran for", "duration", 120),
  own("Parents.TrialName", "Trial", "trial", 180),
  own("Parents.ExperimentName", "Experiment", "experiment", 180),
  own("Source.SourceArn", "Source job", "arn", 240),
  own("Source.SourceType", "Type", "text", 190),
  own("Status.Message", "Message", "text", 240),
  own("StartTime", "Started", "time", 120),
  own("EndTime", "Ended", "time", 120),
  own("LastModifiedTime", "Changed", "time", 120),
  own("CreatedBy.IamIdentity.Arn", "Created by", "arn", 200),
];

const BY_ID = new Map(PROPERTIES.map((column) => [column.id, column]));

/** The members whose names are a user's own, and what they are called. */
export const MEMBERS = {
  Parameters: "parameter",
  Metrics: "metric",
  Tags: "tag",
  InputArtifacts: "input",
  OutputArtifacts: "output",
} as const;

export type Member = keyof typeof MEMBERS;

const STATISTIC: Record<string, string> = {
  Last: "last",
  Min: "min",
  Max: "max",
  Avg: "mean",
  StdDev: "deviation",
  Count: "points",
};

export function columnMeaning(id: string): ColumnMeaning {
  const known = BY_ID.get(id);
  if (known !== undefined) return known;
  const [member = "", ...rest] = id.split(".");
  const name = rest.join(".");
  if (member === "Metrics") {
    const at = name.lastIndexOf(".");
    const statistic = STATISTIC[name.slice(at + 1)];
    if (at > 0 && statistic !== undefined) {
      return { id, title: name.slice(0, at), hint: statistic, kind: "number", width: 120 };
    }
  }
  if (member === "Parameters") {
    return { id, title: name.replace(/\.(NumberValue|StringValue)$/, ""), kind: "parameter", width: 110 };
  }
  if (name !== "" && (member === "InputArtifacts" || member === "OutputArtifacts")) {
    return { id, title: name.replace(/\.Value$/, ""), hint: MEMBERS[member], kind: "text", width: 220 };
  }
  if (name !== "" && member === "Tags") return { id, title: name, hint: "tag", kind: "text", width: 140 };
  return { id, title: id, kind: "text", width: 160 };
}

/** The path of a name that the server lists. */
export function pathOf(member: Member, name: string, statistic = "Last"): string {
  if (member === "Metrics") return `Metrics.${name}.${statistic}`;
  if (member === "InputArtifacts" || member === "OutputArtifacts") return `${member}.${name}.Value`;
  return `${member}.${name}`;
}

export const NAME_COLUMN: ShownColumn = { id: "TrialComponentName", isPinned: true };

const FIRST = ["Status.PrimaryStatus"];
const LAST = ["CreationTime", "Duration", "Source.SourceArn"];
const MOST_PARAMETERS = 5;
const MOST_METRICS = 6;
/** Written by the SDK, and the same for everybody. */
const OF_THE_SDK = /^(sagemaker_|SageMaker\.|s3_checkpoint|aws-)/i;

/** The columns that tell the rows apart, which are seen first: parameters that differ, and the metrics that most have. */
export function usualColumns(
  typical: readonly { Member: Member; Name: string; Count: number; Differs: boolean }[],
  scope: { hasExperiment: boolean; hasTrial: boolean },
): ShownColumn[] {
  const most = Math.max(0, ...typical.map((each) => each.Count));
  const names = (member: Member, count: number): string[] =>
    typical
      // What few rows have leaves a column empty.
      .filter((each) => each.Count * 5 >= most)
      .filter((each) => each.Member === member && !OF_THE_SDK.test(each.Name))
      .filter((each) => member !== "Parameters" || each.Differs)
      .slice(0, count)
      .map((each) => pathOf(member, each.Name));
  const parents = [
    ...(scope.hasExperiment ? [] : ["Parents.ExperimentName"]),
    ...(scope.hasTrial ? [] : ["Parents.TrialName"]),
  ];
  const ids = [...FIRST, ...names("Parameters", MOST_PARAMETERS), ...names("Metrics", MOST_METRICS), ...parents, ...LAST];
  return [NAME_COLUMN, ...ids.map((id) => ({ id }))];
}

/** A value as one reads it. */
export function shownValue(value: CellValue | undefined, kind: ColumnKind): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => shownValue(each, kind)).join(", ");
  if (kind === "time") return instant(Number(value));
  if (kind === "duration") return duration(Number(value));
  if (typeof value === "number") return number(value);
  return kind === "parameter" ? plain(value) : value;
}

/** A value as it is copied and written into a file: nothing is rounded. */
export function exactValue(value: CellValue | undefined, kind: ColumnKind): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => exactValue(each, kind)).join(", ");
  if (kind === "time") return new Date(Number(value) * 1000).toISOString();
  return kind === "parameter" ? plain(String(value)) : String(value);
}

export function isNumeric(kind: ColumnKind): boolean {
  return kind === "number" || kind === "duration" || kind === "parameter";
}
