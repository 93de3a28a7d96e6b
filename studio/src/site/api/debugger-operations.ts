// The operations that read what a training job has captured. src/clary/services/studio/debugger.py describes them.
import type { Picture } from "../../lib/network-view/source";

export interface CapturedStep {
  /** Over all modes. */
  Step: number;
  Mode: string;
  ModeStep: number;
}

export interface CapturedCollection {
  Name: string;
  TensorCount: number;
  IncludeRegex: string[];
  /** By mode. */
  SaveInterval: Record<string, number>;
  OnlyReductions: boolean;
}

export interface Captured {
  Uri: string;
  Ended: boolean;
  StepCount: number;
  /** Of very many, some. */
  Steps: CapturedStep[];
  Modes: { Mode: string; StepCount: number; First: number; Last: number }[];
  Workers: { Worker: string; Bytes: number; StepFiles: number }[];
  WorkerCount: number | null;
  Bytes: number;
  IsAllCounted: boolean;
  TensorCount: number;
  Collections: CapturedCollection[];
  Problems: string[];
  StepsLeftOut: number;
}

type Numbers = (number | null)[];

export interface TensorSeries {
  Tensor: string;
  Ended: boolean;
  /** Asked again, the answer has more steps. */
  Partial: boolean;
  SavedSteps: number;
  Steps: number[];
  Modes: string[];
  ModeSteps: number[];
  Workers: string[];
  Shape: number[];
  Type: string;
  Sizes: number[];
  Minimum: Numbers;
  Maximum: Numbers;
  Mean: Numbers;
  Deviation: Numbers;
  NaN: number[];
  Infinite: number[];
  Zeros: number[];
  /** p1, p5, p25, p50, p75, p95 and p99. */
  Quantiles: Record<string, Numbers>;
  /** Of a tensor with few values: all of them, by step. */
  Values: Numbers[] | null;
  Texts: string[];
  Histogram: Histogram | null;
  Problems: string[];
}

export interface Histogram {
  Edges: number[];
  Steps: number[];
  /** By step, the share of values in each bin. */
  Shares: number[][];
  /** Whether few values lie beyond the edges; they count in the first and the last bin. */
  IsCut: boolean;
}

export interface TensorValues {
  Tensor: string;
  Step: number;
  Mode: string;
  Worker: string;
  Shape: number[];
  Matrix: [number, number];
  /** Whether it is a vector in lines. */
  IsFolded: boolean;
  Rows: [number, number];
  Columns: [number, number];
  BlockRows: number;
  BlockColumns: number;
  Values: Numbers[];
  Low: number | null;
  High: number | null;
}

export interface NetworkPicture {
  Picture: Picture;
  /** The step that gave order and shapes; frames are asked for with it. */
  Basis: number;
  Ended: boolean;
}

/** Why there is no picture: a state of the job, and no error. */
export interface NoPicture {
  Nothing: string;
  Ended: boolean;
}

export interface Profile {
  Uri: string;
  Partial: boolean;
  Ended: boolean;
  /** Epoch seconds. */
  Start: number | null;
  End: number | null;
  Nodes: ProfileNode[];
  NodeCount: number;
  Steps: StepTimes[];
  Time: { Node: string; Parts: { Part: string; Seconds: number }[] }[];
  SlowSteps: SlowSteps[];
  Findings: { Rule: string; Count: number; Message: string; Meaning: string; Remedy: string }[];
}

export interface ProfileNode {
  Node: string;
  Cores: number;
  Times: number[];
  /** In percent, one value for each of Times; network in bytes a second. */
  Use: Record<string, Numbers>;
  Summary: Record<string, { Mean: number | null; P95: number | null }>;
}

/** In seconds. First, Median, Maximum: of groups of steps. */
export interface StepTimes {
  Node: string;
  Kind: string;
  Count: number;
  Mean: number;
  P50: number;
  P95: number;
  Longest: number;
  Seconds: number;
  First: number[];
  Median: number[];
  Maximum: number[];
}

export interface SlowSteps {
  Node: string;
  Kind: string;
  Count: number;
  Steps: number[];
  LostSeconds: number;
  Share: number;
  /** The distance of most of them, in steps. */
  Every: number | null;
}

interface OfJob {
  TrainingJobName: string;
}

export interface PictureWishes extends OfJob {
  Contains?: string;
  Mode?: string;
  Worker?: string;
  Basis?: number;
}

export interface DebuggerOperations {
  "studio/DescribeCaptured": [OfJob, Captured];
  "studio/ListTensorNames": [
    OfJob & { Search?: string; Collection?: string; Start?: number; Count?: number },
    { Names: string[]; Count: number },
  ];
  "studio/GetTensorSeries": [OfJob & { Tensor: string; Mode?: string; Worker?: string }, TensorSeries];
  "studio/GetTensorValues": [
    OfJob & {
      Tensor: string;
      Step: number;
      Worker?: string;
      Index?: number[];
      Rows?: [number, number];
      Columns?: [number, number];
      Most?: number;
      Reduce?: string;
    },
    TensorValues,
  ];
  "studio/GetNetworkPicture": [PictureWishes, NetworkPicture | NoPicture];
  "studio/GetProfile": [OfJob, Profile];
}
