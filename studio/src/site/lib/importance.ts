// How much a parameter tells about a metric.
import type { Value } from "./board";

export interface Importance {
  name: string;
  /** 0 to 1: the share of the metric's variance between groups of the parameter's values. */
  share: number;
  /** Spearman's rank correlation, -1 to 1; undefined for a parameter that is no number. */
  correlation: number | undefined;
  /** Runs that have both. */
  runs: number;
}

/** Groups that a parameter with many values is divided into. */
const GROUPS = 5;
const FEWEST_RUNS = 4;

/**
 * The importance of each parameter, the greatest first.
 *
 * Runs are grouped by the parameter's value; a number with more than five values makes five groups of the same size.
 * The share is epsilon squared of the ranks of the metric (Kelley 1935): the part of their variance that lies
 * between the groups, less what chance gives to as many groups. Ranks keep one diverged run from deciding all.
 *
 * Each parameter is looked at alone: one that matters only together with another shows little, and two that were
 * always changed together show the same.
 */
export function importances(
  parameters: Readonly<Record<string, readonly Value[]>>,
  metric: readonly Value[],
): Importance[] {
  return Object.entries(parameters)
    .map(([name, values]) => importanceOf(name, values, metric))
    .filter((each): each is Importance => each !== undefined)
    .sort((one, other) => other.share - one.share || one.name.localeCompare(other.name));
}

function importanceOf(name: string, values: readonly Value[], metric: readonly Value[]): Importance | undefined {
  const pairs: { value: number | string; result: number }[] = [];
  for (const [index, value] of values.entries()) {
    const result = metric[index];
    if (value === null || value === "" || typeof result !== "number" || !Number.isFinite(result)) continue;
    pairs.push({ value: asNumber(value) ?? value, result });
  }
  const isNumber = pairs.every(({ value }) => typeof value === "number");
  const distinct = new Set(pairs.map(({ value }) => value)).size;
  if (pairs.length < FEWEST_RUNS || distinct < 2) return undefined;
  const results = ranks(pairs.map(({ result }) => result));
  const groups = isNumber && distinct > GROUPS ? quantiles(pairs.map(({ value }) => value as number)) : pairs.map(({ value }) => value);
  return {
    name,
    share: epsilonSquared(groups, results),
    correlation: isNumber ? pearson(ranks(pairs.map(({ value }) => value as number)), results) : undefined,
    runs: pairs.length,
  };
}

/** A number, also one that a job has as text; undefined for other texts. */
export function asNumber(value: number | string): number | undefined {
  const found = typeof value === "number" ? value : value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(found) ? found : undefined;
}

/** 1 for the least; the mean of their places for equal ones. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number));
  const found = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let last = first;
    while (last + 1 < order.length && values[order[last + 1] as number] === values[order[first] as number]) last += 1;
    for (let place = first; place <= last; place += 1) found[order[place] as number] = (first + last) / 2 + 1;
    first = last + 1;
  }
  return found;
}

function quantiles(values: readonly number[]): number[] {
  const places = ranks(values);
  return places.map((rank) => Math.min(GROUPS - 1, Math.floor(((rank - 0.5) / values.length) * GROUPS)));
}

function epsilonSquared(groups: readonly (number | string)[], results: readonly number[]): number {
  const count = results.length;
  const mean = results.reduce((sum, each) => sum + each, 0) / count;
  const total = results.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const members = new Map<number | string, number[]>();
  for (const [index, group] of groups.entries()) {
    members.set(group, [...(members.get(group) ?? []), results[index] as number]);
  }
  if (total === 0 || members.size >= count) return 0;
  let within = 0;
  for (const own of members.values()) {
    const ownMean = own.reduce((sum, each) => sum + each, 0) / own.length;
    within += own.reduce((sum, each) => sum + (each - ownMean) ** 2, 0);
  }
  return Math.max(0, 1 - within / (count - members.size) / (total / (count - 1)));
}

function pearson(one: readonly number[], other: readonly number[]): number {
  const count = one.length;
  const means = [one, other].map((values) => values.reduce((sum, each) => sum + each, 0) / count);
  let both = 0;
  let first = 0;
  let second = 0;
  for (let index = 0; index < count; index += 1) {
    const a = (one[index] as number) - (means[0] as number);
    const b = (other[index] as number) - (means[1] as number);
    both += a * b;
    first += a * a;
    second += b * b;
  }
  return first > 0 && second > 0 ? both / Math.sqrt(first * second) : 0;
}
