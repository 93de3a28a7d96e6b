import { expect, test } from "vitest";
import {
  columnsOf,
  DEFAULT_COLUMNS,
  nextSort,
  offeredColumns,
  readAddress,
  spelledColumns,
  viewOf,
} from "./columns";

test("an address that is wrong says nothing", () => {
  expect(
    readAddress({ status: "Broken", search: "", sort: 7, ascending: "yes", columns: ["a"], pick: { a: 1 } }),
  ).toEqual({});
  expect(readAddress({ pick: 17 }).pick).toBe("17");
  expect(viewOf(readAddress({ status: "Failed", search: 42, sort: "Name", ascending: true }))).toEqual({
    status: "Failed",
    search: "42",
    sort: "Name",
    ascending: true,
  });
});

test("columns survive the way into the address and back", () => {
  for (const columns of [["name", "metric:loss", "status"], ["name"], ["name", "metric:a,b%2C"], DEFAULT_COLUMNS]) {
    const spelled = spelledColumns(columns, DEFAULT_COLUMNS);
    expect(columnsOf({ columns: spelled }, DEFAULT_COLUMNS)).toEqual(columns);
  }
  expect(spelledColumns(DEFAULT_COLUMNS, DEFAULT_COLUMNS)).toBeUndefined();
});

test("what rows have is offered, and the SDK's own parameters are not", () => {
  const row = {
    kind: "training-job" as const,
    name: "x",
    arn: "",
    status: "Completed",
    createdAt: 1,
    metrics: { loss: 1 },
    parameters: { epochs: "3", sagemaker_program: "t.py" },
  };

  const offered = offeredColumns([row]);

  expect(offered).toContain("metric:loss");
  expect(offered).toContain("parameter:epochs");
  expect(offered).not.toContain("parameter:sagemaker_program");
});

test("a second click turns the order round", () => {
  const newest = viewOf({});

  expect(nextSort(newest, "CreationTime")).toEqual({ sort: undefined, ascending: true });
  expect(nextSort(newest, "Name")).toEqual({ sort: "Name", ascending: true });
  expect(nextSort({ ...newest, sort: "Name", ascending: true }, "Name")).toEqual({
    sort: "Name",
    ascending: undefined,
  });
});
