import { expect, test } from "vitest";
import { lanesOf } from "./steps-option";

test("each mode has a lane, and each rule that has found something", () => {
  const firing = { Step: 5, Tensor: "a", Message: "" };
  const { names, saved, found } = lanesOf(
    [
      { Step: 0, Mode: "TRAIN", ModeStep: 0 },
      { Step: 5, Mode: "EVAL", ModeStep: 0 },
    ],
    [
      { RuleConfigurationName: "Silent", Firings: [] },
      { RuleConfigurationName: "Loss", Firings: [firing, firing] },
    ],
  );

  expect(names).toEqual(["TRAIN", "EVAL", "Loss"]);
  expect(saved.map(({ lane, step }) => [lane, step])).toEqual([
    [0, 0],
    [1, 5],
  ]);
  expect(found).toEqual([{ lane: 2, step: 5, text: "step 5: Loss, 2 firings" }]);
});
