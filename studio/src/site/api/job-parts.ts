// What a job's page reads beside its description.
import { queryOptions } from "@tanstack/react-query";
import type { JobKind } from "../lib/jobs";
import { call } from "./call";

export interface Firing {
  Step: number;
  /** Empty: the rule names none. */
  Tensor: string;
  Message: string;
}

export interface RuleFindings {
  RuleConfigurationName: string;
  /** The rule's own name, as the evaluator has told it. */
  RuleName: string;
  Parameters: Record<string, string>;
  Status: string;
  LastModifiedTime: number | null;
  Details: string;
  JobArn: string;
  Meaning: string;
  Remedy: string;
  LogStream: string;
  /** Of the folder that the rule writes to. */
  Output: string;
  Firings: Firing[];
  /** Of all firings; null: more than those told. */
  Count: number | null;
}

export function ruleFindings(job: string, isRunning: boolean) {
  return queryOptions({
    queryKey: ["job", "training-job", job, "findings"] as const,
    refetchInterval: isRunning ? 2_000 : false,
    queryFn: async ({ signal }) =>
      (await call("studio/GetRuleFindings", { TrainingJobName: job, Most: 2_000 }, signal)).Rules,
  });
}

export interface Packages {
  Environment: string;
  /** Each as torch==2.6.0 */
  Packages: string[];
}

export function jobPackages(kind: JobKind, name: string) {
  return queryOptions({
    queryKey: ["job", kind, name, "packages"] as const,
    queryFn: ({ signal }) => call("studio/GetJobPackages", { Kind: kind, Name: name }, signal),
  });
}

export async function addTag(arn: string, key: string, value: string): Promise<void> {
  await call("sagemaker/AddTags", { ResourceArn: arn, Tags: [{ Key: key, Value: value }] });
}

export async function deleteTag(arn: string, key: string): Promise<void> {
  await call("sagemaker/DeleteTags", { ResourceArn: arn, TagKeys: [key] });
}
