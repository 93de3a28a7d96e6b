import { describe, expect, it } from "vitest";
import { type Attempt, bestOf, bestSoFar, parameterNames, sortedAttempts } from "./attempts";

const attempt = (name: string, value?: number, parameters: Record<string, string> = {}): Attempt => ({
  name,
  job: name,
  status: value === undefined ? "Failed" : "Completed",
  value,
  parameters,
  startedAt: 0,
  endedAt: undefined,
  failure: undefined,
});

const GREATEST = { metric: "accuracy", isMaximized: true };
const LEAST = { metric: "loss", isMaximized: false };

describe("the best attempt", () => {
  it("is the first of those with the best value", () => {
    const attempts = [attempt("a"), attempt("b", 0.5), attempt("c", 0.9), attempt("d", 0.9)];
    expect(bestOf(attempts, GREATEST)?.name).toBe("c");
    expect(bestOf(attempts, LEAST)?.name).toBe("b");
    expect(bestOf([attempt("a")], LEAST)).toBeUndefined();
  });

  it("is known from the first value on", () => {
    const attempts = [attempt("a"), attempt("b", 3), attempt("c", 5), attempt("d"), attempt("e", 2)];
    expect(bestSoFar(attempts, LEAST)).toEqual([undefined, 3, 3, 3, 2]);
    expect(bestSoFar(attempts, GREATEST)).toEqual([undefined, 3, 5, 5, 5]);
  });
});

describe("sorted attempts", () => {
  const names = (by: string, descending: boolean, attempts: Attempt[]): string[] =>
    sortedAttempts(attempts, { by, descending }).map(({ name }) => name);

  it("have those without a value at their end, in both directions", () => {
    const attempts = [attempt("a"), attempt("b", 2), attempt("c", 1)];
    expect(names("value", false, attempts)).toEqual(["c", "b", "a"]);
    expect(names("value", true, attempts)).toEqual(["b", "c", "a"]);
  });

  it("compare numbers as numbers, and names with the numbers in them", () => {
    const attempts = [attempt("t-10", 1, { rate: "1e-3" }), attempt("t-9", 1, { rate: "0.01" })];
    expect(names("parameter:rate", false, attempts)).toEqual(["t-10", "t-9"]);
    expect(names("name", false, attempts)).toEqual(["t-9", "t-10"]);
  });
});

it("all parameters are named, each once", () => {
  const attempts = [attempt("a", 1, { rate: "1" }), attempt("b", 1, { rate: "2", depth: "3" })];
  expect(parameterNames(attempts)).toEqual(["rate", "depth"]);
});
