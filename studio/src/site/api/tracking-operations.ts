// The operations of components, lineage and what belongs to them that pages ask for.
import type {
  DescribeActionResponse,
  DescribeArtifactResponse,
  DescribeContextResponse,
  DescribeTrialComponentResponse,
  ListActionsRequest,
  ListActionsResponse,
  ListArtifactsRequest,
  ListArtifactsResponse,
  ListContextsRequest,
  ListContextsResponse,
} from "@aws-sdk/client-sagemaker";
import type { LineageAnswer } from "../lib/lineage";
import type { Wire } from "./wire";

export type TrialComponent = Wire<DescribeTrialComponentResponse>;
export type Artifact = Wire<DescribeArtifactResponse>;
export type Action = Wire<DescribeActionResponse>;
export type Context = Wire<DescribeContextResponse>;

export interface LineageQuestion {
  Starts: string[];
  Direction?: "Ascendants" | "Descendants" | "Both";
  Depth?: number;
  EachSide?: number;
  Skip?: number;
  Most?: number;
}

export interface TrackingOperations {
  "sagemaker/DescribeTrialComponent": [{ TrialComponentName: string }, TrialComponent];
  "sagemaker/UpdateTrialComponent": [{ TrialComponentName: string; DisplayName: string }, object];
  "sagemaker/DescribeArtifact": [{ ArtifactArn: string }, Artifact];
  "sagemaker/DescribeAction": [{ ActionName: string }, Action];
  "sagemaker/DescribeContext": [{ ContextName: string }, Context];
  "sagemaker/ListArtifacts": [ListArtifactsRequest, Wire<ListArtifactsResponse>];
  "sagemaker/ListActions": [ListActionsRequest, Wire<ListActionsResponse>];
  "sagemaker/ListContexts": [ListContextsRequest, Wire<ListContextsResponse>];
  "studio/GetLineage": [LineageQuestion, LineageAnswer];
}
