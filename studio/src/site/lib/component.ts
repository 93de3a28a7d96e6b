// What a trial component's page shows, in the form that it shows it.
import type { TrialComponent } from "../api/tracking-operations";
import { lastOf, parseArn, parseLocation } from "./arns";
import type { MetricSort } from "./component-address";
import { plain } from "./format";
import { kindOf } from "./s3/kinds";

export interface Parameter {
  name: string;
  text: string;
  isNumber: boolean;
}

/** Those that people gave, apart from those that the SDK and the platform add. */
export function parametersOf(component: TrialComponent): { own: Parameter[]; others: Parameter[] } {
  const all = Object.entries(component.Parameters ?? {})
    .map(([name, value]): Parameter => {
      const told = value as { NumberValue?: number; StringValue?: string };
      const isNumber = told.NumberValue !== undefined;
      return { name, isNumber, text: isNumber ? exact(told.NumberValue ?? 0) : plain(told.StringValue ?? "") };
    })
    .sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
  const isOther = ({ name }: Parameter): boolean => /^(sagemaker_|SageMaker\.)/.test(name);
  return { own: all.filter((each) => !isOther(each)), others: all.filter(isOther) };
}

/** A parameter as it was given: not rounded, unlike what was measured. */
function exact(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(12)));
}

export interface MetricRow {
  MetricName: string;
  /** The ARN of what wrote it: a component, or a job. */
  SourceArn: string;
  TimeStamp: number;
  Count: number;
  Last: number | undefined;
  Min: number | undefined;
  Max: number | undefined;
  Avg: number | undefined;
  StdDev: number | undefined;
}

export function metricsOf(component: TrialComponent): MetricRow[] {
  return (component.Metrics ?? []).map((metric) => ({
    MetricName: metric.MetricName ?? "",
    SourceArn: metric.SourceArn ?? "",
    TimeStamp: metric.TimeStamp ?? 0,
    Count: metric.Count ?? 0,
    Last: finite(metric.Last),
    Min: finite(metric.Min),
    Max: finite(metric.Max),
    Avg: finite(metric.Avg),
    StdDev: finite(metric.StdDev),
  }));
}

/** The wire spells NaN and infinities as texts. */
function finite(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

export function sortedMetrics(rows: readonly MetricRow[], sort: MetricSort, isDown: boolean): MetricRow[] {
  const sign = isDown ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[sort], other[sort]];
    if (left === right) return one.MetricName.localeCompare(other.MetricName);
    // What has no value stands last, whatever the direction.
    if (left === undefined || Number.isNaN(left)) return 1;
    if (right === undefined || Number.isNaN(right)) return -1;
    return typeof left === "string"
      ? sign * left.localeCompare(String(right), "en", { numeric: true })
      : sign * (left - Number(right));
  });
}

export interface ComponentArtifact {
  name: string;
  value: string;
  mediaType: string;
  isOutput: boolean;
}

export function artifactsOf(component: TrialComponent): ComponentArtifact[] {
  const told = (artifacts: TrialComponent["InputArtifacts"], isOutput: boolean): ComponentArtifact[] =>
    Object.entries(artifacts ?? {}).map(([name, artifact]) => ({
      name,
      value: artifact.Value ?? "",
      mediaType: artifact.MediaType ?? "",
      isOutput,
    }));
  return [...told(component.InputArtifacts, false), ...told(component.OutputArtifacts, true)];
}

export interface SourceJob {
  arn: string;
  kind: "training-job" | "processing-job";
  name: string;
}

/** The jobs that a component tells of: its own, or those that were started inside a run. */
export function jobsOf(component: TrialComponent): SourceJob[] {
  const arns = [component.Source?.SourceArn, ...(component.Sources ?? []).map((each) => each.SourceArn)];
  return [...new Set(arns)].flatMap((arn) => {
    const parsed = arn === undefined ? undefined : parseArn(arn);
    return arn !== undefined && (parsed?.type === "training-job" || parsed?.type === "processing-job")
      ? [{ arn, kind: parsed.type, name: parsed.id }]
      : [];
  });
}

/** Whether a page can show what is in an artifact. A location without an ending is a folder, as jobs write them. */
export function isShown(uri: string, mediaType: string): boolean {
  const place = parseLocation(uri);
  if (place === undefined || place.key === "" || place.key.endsWith("/")) return false;
  const isFile = lastOf(uri).includes(".") || mediaType.includes("/");
  return isFile && kindOf(place.key, mediaType) !== "none";
}
