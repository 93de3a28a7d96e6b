import { expect, test } from "vitest";
import type { TrainingJob } from "../api/call";
import { stages, whatRan } from "./timeline";

const JOB = {
  SecondaryStatusTransitions: [
    { Status: "Starting", StartTime: 100, EndTime: 101, StatusMessage: "Runs python 3.11; at half size" },
    { Status: "Training", StartTime: 101, EndTime: 104 },
    { Status: "Uploading", StartTime: 104 },
  ],
} as unknown as TrainingJob;

test("stages share the time between them", () => {
  expect(stages(JOB, 110).map((stage) => [stage.name, stage.share])).toEqual([
    ["Starting", 0.1],
    ["Training", 0.3],
    ["Uploading", 0.6],
  ]);
});

test("a job that took no time has stages all the same", () => {
  expect(stages({ ...JOB, SecondaryStatusTransitions: [] } as unknown as TrainingJob, 1)).toEqual([]);
});

test("the first message says what the image became", () => {
  expect(whatRan(JOB)).toEqual(["python 3.11", "at half size"]);
  expect(whatRan({} as TrainingJob)).toEqual([]);
});
