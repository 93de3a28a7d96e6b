import { expect, test } from "vitest";
import { bothExpressions, fullName, searchExpression, valueFilter, withCondition } from "./filter-expression";
import { parseFilter, printFilter } from "./filter-language";

const expression = (text: string) => searchExpression(parseFilter(text).filter);

test("a condition is a filter of Search", () => {
  expect(expression("metrics.loss.last < 0.2")).toEqual({
    Filters: [{ Name: "metrics.loss.last", Operator: "LessThan", Value: "0.2" }],
  });
  expect(expression("Parents not exists")).toEqual({ Filters: [{ Name: "Parents", Operator: "NotExists" }] });
  expect(expression("status in (Failed, Stopped)")).toEqual({
    Filters: [{ Name: "Status.PrimaryStatus", Operator: "In", Value: "Failed,Stopped" }],
  });
  expect(expression("status not in (Failed, Stopped)")).toEqual({
    Filters: [
      { Name: "Status.PrimaryStatus", Operator: "NotEquals", Value: "Failed" },
      { Name: "Status.PrimaryStatus", Operator: "NotEquals", Value: "Stopped" },
    ],
  });
  expect(expression('status in ("a,b", c)')).toEqual({
    Operator: "Or",
    Filters: [
      { Name: "Status.PrimaryStatus", Operator: "Equals", Value: "a,b" },
      { Name: "Status.PrimaryStatus", Operator: "Equals", Value: "c" },
    ],
  });
  expect(expression("")).toBeUndefined();
});

test("a parameter is a number or a text", () => {
  expect(expression("parameters.lr = 0.1")).toEqual({
    Operator: "Or",
    Filters: [
      { Name: "parameters.lr.StringValue", Operator: "Equals", Value: "0.1" },
      { Name: "parameters.lr.NumberValue", Operator: "Equals", Value: "0.1" },
    ],
  });
  expect(expression("parameters.lr != adam")).toEqual({
    Operator: "And",
    Filters: [{ Name: "parameters.lr.StringValue", Operator: "NotEquals", Value: "adam" }],
  });
  expect(expression("parameters.lr > 1")).toEqual({
    Filters: [{ Name: "parameters.lr.NumberValue", Operator: "GreaterThan", Value: "1" }],
  });
  expect(expression("parameters.lr exists")).toEqual({ Filters: [{ Name: "parameters.lr", Operator: "Exists" }] });
  expect(expression("parameters.lr.StringValue contains a")).toEqual({
    Filters: [{ Name: "parameters.lr.StringValue", Operator: "Contains", Value: "a" }],
  });
});

test("and, or and elements of lists", () => {
  expect(expression("a = 1 and (b = 2 or Parents[TrialName = x])")).toEqual({
    Operator: "And",
    SubExpressions: [
      { Filters: [{ Name: "a", Operator: "Equals", Value: "1" }] },
      {
        Operator: "Or",
        SubExpressions: [
          { Filters: [{ Name: "b", Operator: "Equals", Value: "2" }] },
          {
            NestedFilters: [
              {
                NestedPropertyName: "Parents",
                Filters: [{ Name: "TrialName", Operator: "Equals", Value: "x" }],
              },
            ],
          },
        ],
      },
    ],
  });
  expect(bothExpressions(expression("a = 1"), undefined)).toEqual(expression("a = 1"));
  expect(bothExpressions(expression("a = 1"), expression("b = 1"))?.SubExpressions).toHaveLength(2);
});

test("a metric without a statistic is its last value", () => {
  expect(fullName("metrics.loss")).toBe("metrics.loss.Last");
  expect(fullName("Metrics.val.loss.min")).toBe("Metrics.val.loss.min");
  expect(fullName("Status")).toBe("Status.PrimaryStatus");
});

test("a group is the records with its value", () => {
  expect(printFilter(valueFilter("Parameters.lr", 0.1))).toBe("Parameters.lr.NumberValue = 0.1");
  expect(printFilter(valueFilter("Parameters.lr", "a b"))).toBe('Parameters.lr.StringValue = "a b"');
  expect(printFilter(valueFilter("Tags.team", null))).toBe("Tags.team not exists");
  expect(printFilter(withCondition(parseFilter("a = 1 or b = 2").filter, valueFilter("c", 1)))).toBe(
    "(a = 1 or b = 2) and c = 1",
  );
});
