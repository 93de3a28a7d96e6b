import { expect, test } from "vitest";
import type { Profile } from "../api/debugger-operations";
import { bottleneckOf } from "./bottleneck";

const profile = (changes: Partial<Profile>): Profile => ({
  Uri: "s3://a/b/",
  Partial: false,
  Ended: true,
  Start: 0,
  End: 100,
  Nodes: [],
  NodeCount: 0,
  Steps: [],
  Time: [],
  SlowSteps: [],
  Findings: [],
  ...changes,
});

const parts = (before: number, steps: number, between: number) => [
  {
    Node: "algo-1",
    Parts: [
      { Part: "before the first step", Seconds: before },
      { Part: "training steps", Seconds: steps },
      { Part: "between steps and at the end", Seconds: between },
    ],
  },
];

test("what a rule has found comes first", () => {
  const finding = { Rule: "CPUBottleneck", Count: 3, Message: "GPUs wait", Meaning: "Data is slow.", Remedy: "" };

  expect(bottleneckOf(profile({ Findings: [finding], Time: parts(90, 5, 5) })).title).toBe("CPUBottleneck: GPUs wait");
});

test("else where the time goes apart from the steps", () => {
  expect(bottleneckOf(profile({ Time: parts(40, 50, 10) })).title).toBe("40 % of the time is before the first step");
  expect(bottleneckOf(profile({ Time: parts(0, 60, 40) })).title).toContain("between steps");
  expect(bottleneckOf(profile({ Time: parts(5, 90, 5) })).isFound).toBe(false);
});

test("slow steps are told with their rhythm", () => {
  const slow = { Node: "a", Kind: "training", Count: 11, Steps: [], LostSeconds: 12, Share: 0.1, Every: 40 };

  expect(bottleneckOf(profile({ SlowSteps: [slow] })).title).toBe(
    "11 slow training steps cost 12 s, about every 40 steps",
  );
});

test("a CPU without a GPU that is always busy is the limit", () => {
  const node = { Node: "algo-1", Cores: 2, Times: [], Use: {}, Summary: { cpu_mean: { Mean: 99, P95: 100 } } };

  expect(bottleneckOf(profile({ Nodes: [node], Time: parts(1, 98, 1) })).title).toBe(
    "The CPU is the limit: it is used to 99 %",
  );
});
