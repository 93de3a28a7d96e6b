import { describe, expect, it } from "vitest";
import { objectiveOf, rangesOf } from "./tuning";

const RATE = { Name: "rate", MinValue: "0.001", MaxValue: "1", ScalingType: "Logarithmic" as const };

describe("how a tuning job searches", () => {
  it("is told by its ranges, of every definition", () => {
    const job = {
      TrainingJobDefinitions: [
        { HyperParameterRanges: { ContinuousParameterRanges: [RATE] } },
        {
          HyperParameterRanges: {
            IntegerParameterRanges: [{ Name: "rate", MinValue: "1", MaxValue: "4", ScalingType: "Linear" as const }],
            CategoricalParameterRanges: [{ Name: "kind", Values: ["a", "b"] }],
          },
        },
      ],
    };
    expect(rangesOf(job as never)).toEqual([
      ["rate", "0.001 to 1, logarithmic; 1 to 4"],
      ["kind", "a, b"],
    ]);
  });

  it("has the objective of the job, or of its definition", () => {
    const objective = { Type: "Minimize" as const, MetricName: "loss" };
    const own = { HyperParameterTuningJobConfig: { HyperParameterTuningJobObjective: objective } };
    expect(objectiveOf(own as never)).toEqual({ metric: "loss", isMaximized: false });
    expect(objectiveOf({ TrainingJobDefinitions: [{ TuningObjective: objective }] } as never)?.metric).toBe("loss");
    expect(objectiveOf({} as never)).toBeUndefined();
  });
});
