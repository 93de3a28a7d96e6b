import { expect, test } from "vitest";
import { conditionsOf, parseFilter, printFilter } from "./filter-language";

const printed = (text: string): string => {
  const found = parseFilter(text);
  return found.error === undefined ? printFilter(found.filter) : `at ${found.at}: ${found.error}`;
};

test.each([
  ["", ""],
  ["  ", ""],
  ["metrics.loss.last<0.2", "metrics.loss.last < 0.2"],
  ["metrics.loss.last < 0.2 and parameters.lr = \"0.1\"", "metrics.loss.last < 0.2 and parameters.lr = 0.1"],
  ["a == 1 AND b <> two", "a = 1 and b != two"],
  ["a = 1 or b = 2 and c = 3", "a = 1 or (b = 2 and c = 3)"],
  ["(a = 1 or b = 2) and c >= -3.5e-7", "(a = 1 or b = 2) and c >= -3.5e-7"],
  ["status in (Failed, 'Stopped by me')", 'status in (Failed, "Stopped by me")'],
  ["status not in (a)", "status not in (a)"],
  ["Parents not exists", "Parents not exists"],
  ["tags.team exists", "tags.team exists"],
  ["name contains \"x y\"", 'name contains "x y"'],
  ["Parents[TrialName = a and ExperimentName = b]", "Parents[TrialName = a and ExperimentName = b]"],
  ["`Metrics.a (b) \\` c.Last` > 1", "`Metrics.a (b) \\` c.Last` > 1"],
  ["metrics.validation:loss/top-1.last > 1", "metrics.validation:loss/top-1.last > 1"],
  ['a = "and"', 'a = "and"'],
  ['a = "say \\"x\\" \\\\"', 'a = "say \\"x\\" \\\\"'],
  ["created > 2026-11-23T08:00:00Z", "created > 2026-11-23T08:00:00Z"],
])("%s", (text, expected) => {
  expect(printed(text)).toBe(expected);
  expect(printed(printed(text))).toBe(expected);
});

test.each([
  ["a", 1, "operator is missing after a"],
  ["a =", 3, "value is missing"],
  ["a = 1 b = 2", 6, '"and" or "or" is missing before "b"'],
  ["(a = 1", 6, '")" is missing'],
  ["= 1", 0, "name of a property is missing"],
  ["a = 1 and", 9, "name of a property is missing"],
  ['a = "x', 4, "has no end"],
  ["a in 1", 5, '"(" is missing'],
  ["Parents[a = 1", 13, '"]" is missing'],
  ["a ! 1", 2, "means nothing here"],
  ["a = (1)", 4, "value is missing"],
])("%s is refused where it is wrong", (text, at, said) => {
  const found = parseFilter(text);

  expect(found.error).toContain(said);
  expect(found.error === undefined ? undefined : found.at).toBe(at);
});

test("any text ends, however deep", () => {
  expect(parseFilter("(".repeat(50_000)).error).toContain("too many parentheses");
  expect(parseFilter("(".repeat(18) + "a = 1" + ")".repeat(18)).error).toBeUndefined();
});

test("conditions that all have to hold are a list", () => {
  const conditions = (text: string): number | undefined => conditionsOf(parseFilter(text).filter)?.length;

  expect(conditions("")).toBe(0);
  expect(conditions("a = 1")).toBe(1);
  expect(conditions("a = 1 and b exists and c in (1, 2)")).toBe(3);
  expect(conditions("a = 1 or b = 2")).toBeUndefined();
  expect(conditions("a = 1 and (b = 2 or c = 3)")).toBeUndefined();
});
