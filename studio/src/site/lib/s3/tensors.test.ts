import { expect, it } from "vitest";
import { jobOfTensors } from "./tensors";

it("finds the job of a tensor file", () => {
  expect(jobOfTensors("out/mnist-1/debug-output/events/000/0.tfevents")).toBe("mnist-1");
  expect(jobOfTensors("mnist-1/profiler-output/system/x.json")).toBe("mnist-1");
  expect(jobOfTensors("debug-output/events/x")).toBeUndefined();
  expect(jobOfTensors("data/train.csv")).toBeUndefined();
});
