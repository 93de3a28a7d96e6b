// Makes the SearchExpression of AWS of a filter, and of short names the paths that Search wants.
import type { Filter as SearchFilter, SearchExpression } from "@aws-sdk/client-sagemaker";
import { allOf, type Condition, type Filter, type Operator } from "./filter-language";

const SEARCH_OPERATORS: Record<Exclude<Operator, "not in">, NonNullable<SearchFilter["Operator"]>> = {
  "=": "Equals",
  "!=": "NotEquals",
  "<": "LessThan",
  "<=": "LessThanOrEqualTo",
  ">": "GreaterThan",
  ">=": "GreaterThanOrEqualTo",
  contains: "Contains",
  in: "In",
  exists: "Exists",
  "not exists": "NotExists",
};

export const STATISTICS = ["Last", "Min", "Max", "Avg", "StdDev", "Count"] as const;
const ORDERS: readonly Operator[] = ["<", "<=", ">", ">="];

/** Also the words that people use for the properties of a component. */
export const SHORT_NAMES: Record<string, string> = {
  name: "TrialComponentName",
  status: "Status.PrimaryStatus",
  created: "CreationTime",
  started: "StartTime",
  ended: "EndTime",
  modified: "LastModifiedTime",
  trial: "Parents.TrialName",
  experiment: "Parents.ExperimentName",
  job: "Source.SourceArn",
  type: "Source.SourceType",
};

/** undefined for no filter, which is every record. */
export function searchExpression(filter: Filter | undefined): SearchExpression | undefined {
  if (filter === undefined) return undefined;
  switch (filter.type) {
    case "condition":
      return ofCondition(filter);
    case "element":
      return {
        NestedFilters: [
          {
            NestedPropertyName: fullName(filter.name),
            Filters: filter.parts.map((part) => ofTest(part.name, part.operator, part.values)),
          },
        ],
      };
    default:
      return {
        Operator: filter.type === "and" ? "And" : "Or",
        SubExpressions: filter.parts.flatMap((part) => searchExpression(part) ?? []),
      };
  }
}

/** Two expressions that both have to hold. */
export function bothExpressions(
  one: SearchExpression | undefined,
  other: SearchExpression | undefined,
): SearchExpression | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return { SubExpressions: [one, other] };
}

/** The path that a name means; a metric without a statistic is its last value. */
export function fullName(name: string): string {
  const short = SHORT_NAMES[name.toLowerCase()];
  if (short !== undefined) return short;
  const isMetric = /^metrics\./i.test(name);
  const hasStatistic = STATISTICS.some((each) => name.toLowerCase().endsWith(`.${each.toLowerCase()}`));
  return isMetric && !hasStatistic ? `${name}.Last` : name;
}

function ofCondition({ name, operator, values }: Condition): SearchExpression {
  const isExistence = operator === "exists" || operator === "not exists";
  const isShort = /^parameters\./i.test(name) && !/\.(numbervalue|stringvalue)$/i.test(name);
  if (!isShort || isExistence) {
    const tests = ofTests(isExistence ? shortName(name) : fullName(name), operator, values);
    return operator === "in" && tests.length > 1 ? { Operator: "Or", Filters: tests } : { Filters: tests };
  }
  // A parameter is a number in one component and a text in another.
  const text = `${name}.StringValue`;
  const number = `${name}.NumberValue`;
  if (operator === "contains") return { Filters: ofTests(text, operator, values) };
  if (ORDERS.includes(operator)) return { Filters: ofTests(number, operator, values) };
  const numbers = values.filter(isNumber);
  const isNegative = operator === "!=" || operator === "not in";
  const tests = [
    ...ofTests(text, operator, values),
    ...(numbers.length > 0 ? ofTests(number, operator, numbers) : []),
  ];
  return { Operator: isNegative ? "And" : "Or", Filters: tests };
}

function shortName(name: string): string {
  return SHORT_NAMES[name.toLowerCase()] ?? name;
}

function ofTests(name: string, operator: Operator, values: string[]): SearchFilter[] {
  if (operator === "not in") return values.map((value) => ofTest(name, "!=", [value]));
  // Search separates the values of In by commas.
  if (operator === "in" && values.some((value) => value.includes(",") || value.trim() !== value)) {
    return values.map((value) => ofTest(name, "=", [value]));
  }
  return [ofTest(name, operator, values)];
}

function ofTest(name: string, operator: Operator, values: string[]): SearchFilter {
  if (operator === "exists" || operator === "not exists") {
    return { Name: name, Operator: SEARCH_OPERATORS[operator] };
  }
  if (operator === "in" || operator === "not in") {
    return { Name: name, Operator: "In", Value: values.join(",") };
  }
  return { Name: name, Operator: SEARCH_OPERATORS[operator], Value: values[0] ?? "" };
}

function isNumber(value: string): boolean {
  return value.trim() !== "" && Number.isFinite(Number(value));
}

/** The condition that a column has a value; null for none. */
export function valueFilter(column: string, value: string | number | null): Filter {
  if (value === null) return { type: "condition", name: column, operator: "not exists", values: [] };
  const name =
    /^parameters\./i.test(column) && !/\.(numbervalue|stringvalue)$/i.test(column)
      ? `${column}.${typeof value === "number" ? "NumberValue" : "StringValue"}`
      : column;
  return { type: "condition", name, operator: "=", values: [String(value)] };
}

/** As a person would write it: a parameter is compared as a number or as a text, whatever it is. */
export function equalTo(column: string, value: string | number): Filter {
  return { type: "condition", name: column, operator: "=", values: [String(value)] };
}

export function withCondition(filter: Filter | undefined, condition: Filter): Filter | undefined {
  if (filter === undefined) return condition;
  return filter.type === "and" ? { type: "and", parts: [...filter.parts, condition] } : allOf([filter, condition]);
}
