// What jobs' pages ask the server for.
import type { Packages, RuleFindings } from "./job-parts";
import type { LinesAnswer } from "./log-lines";
import type { SearchAnswer } from "./log-search";
import type { MachineUse } from "./machine";

export interface JobOperations {
  "studio/GetLogLines": [object, LinesAnswer];
  "studio/SearchLogLines": [object, SearchAnswer];
  "studio/GetRuleFindings": [{ TrainingJobName: string; Most: number }, { Rules: RuleFindings[] }];
  "studio/GetJobPackages": [{ Kind: string; Name: string }, Packages];
  "studio/DescribeMachine": [object, MachineUse];
  "sagemaker/DeleteTags": [{ ResourceArn: string; TagKeys: string[] }, object];
}
