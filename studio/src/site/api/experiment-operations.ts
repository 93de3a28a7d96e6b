// What the pages of experiments, trials and trial components ask for.
import type {
  CreateExperimentRequest,
  CreateTrialRequest,
  DescribeExperimentResponse,
  DescribeTrialResponse,
  SearchExpression,
  Tag,
  UpdateExperimentRequest,
  UpdateTrialRequest,
} from "@aws-sdk/client-sagemaker";
import type { RowsAnswer } from "../lib/row-cache";
import type { Wire } from "./wire";

/** The records that a table is about. */
export interface RowsQuestion {
  Resource: "Experiment" | "ExperimentTrial" | "ExperimentTrialComponent";
  SearchExpression?: SearchExpression;
  /** A part of the name or of the display name, in any case. */
  Text?: string;
}

export type ColumnMember = "Parameters" | "Metrics" | "Tags" | "InputArtifacts" | "OutputArtifacts";

export interface NamedColumn {
  Member: ColumnMember;
  Name: string;
}

export interface GroupsAnswer {
  Groups: { Value: string | number | null; Count: number }[];
  Numbers: Record<string, { Mean: (number | null)[]; Min: (number | null)[]; Max: (number | null)[] }>;
  GroupTotal: number;
  Total: number;
}

interface TrialOfComponent {
  TrialName: string;
  TrialComponentName: string;
}

export interface ExperimentOperations {
  "studio/ListRows": [
    RowsQuestion & {
      Columns?: string[];
      First?: number;
      Count?: number;
      SortBy?: string;
      SortOrder?: "Ascending" | "Descending";
    },
    RowsAnswer,
  ];
  "studio/ListColumns": [
    RowsQuestion & { Hint?: string; Member?: ColumnMember; First?: number; Count?: number },
    { Columns: NamedColumn[]; First: number; Total: number },
  ];
  "studio/ListTypicalColumns": [
    RowsQuestion,
    { Columns: (NamedColumn & { Count: number; Differs: boolean })[]; Sampled: number },
  ];
  "studio/ListGroups": [RowsQuestion & { GroupBy: string; Columns?: string[]; Count?: number }, GroupsAnswer];
  "sagemaker/DescribeExperiment": [{ ExperimentName: string }, Wire<DescribeExperimentResponse>];
  "sagemaker/CreateExperiment": [CreateExperimentRequest, object];
  "sagemaker/UpdateExperiment": [UpdateExperimentRequest, object];
  "sagemaker/DeleteExperiment": [{ ExperimentName: string }, object];
  "sagemaker/DescribeTrial": [{ TrialName: string }, Wire<DescribeTrialResponse>];
  "sagemaker/CreateTrial": [CreateTrialRequest, object];
  "sagemaker/UpdateTrial": [UpdateTrialRequest, object];
  "sagemaker/DeleteTrial": [{ TrialName: string }, object];
  "sagemaker/DeleteTrialComponent": [{ TrialComponentName: string }, object];
  "sagemaker/AssociateTrialComponent": [TrialOfComponent, object];
  "sagemaker/DisassociateTrialComponent": [TrialOfComponent, object];
  "sagemaker/AddTags": [{ ResourceArn: string; Tags: Tag[] }, object];
}
