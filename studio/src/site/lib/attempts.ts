// What a search has tried: trials of a tuning job, candidates of an Autopilot job.

export interface Attempt {
  name: string;
  /** The training job that it ran; none for a candidate that has not come so far. */
  job: string | undefined;
  status: string;
  /** Of the objective metric; undefined before it has been measured. */
  value: number | undefined;
  /** What was tried; of a candidate, its other metrics. */
  parameters: Record<string, string>;
  startedAt: number | undefined;
  endedAt: number | undefined;
  failure: string | undefined;
}

export interface Objective {
  metric: string;
  isMaximized: boolean;
}

/** The best attempt; undefined while none has a value. */
export function bestOf(attempts: readonly Attempt[], { isMaximized }: Objective): Attempt | undefined {
  let best: Attempt | undefined;
  for (const each of attempts) {
    if (each.value === undefined) continue;
    if (best?.value === undefined || isBetter(each.value, best.value, isMaximized)) best = each;
  }
  return best;
}

/** The best value up to each attempt, in the order in which they were made; undefined before the first one. */
export function bestSoFar(attempts: readonly Attempt[], { isMaximized }: Objective): (number | undefined)[] {
  let best: number | undefined;
  return attempts.map(({ value }) => {
    if (value !== undefined && (best === undefined || isBetter(value, best, isMaximized))) best = value;
    return best;
  });
}

function isBetter(one: number, other: number, isMaximized: boolean): boolean {
  return isMaximized ? one > other : one < other;
}

export type AttemptColumn = "name" | "status" | "value" | "duration" | `parameter:${string}`;

/** Attempts in an order; those without a value come last, whatever the direction. */
export function sortedAttempts(
  attempts: readonly Attempt[],
  { by, descending }: { by: string; descending: boolean },
): Attempt[] {
  const sign = descending ? -1 : 1;
  return attempts
    .map((attempt, index) => ({ attempt, index, key: keyOf(attempt, by) }))
    .sort((one, other) => {
      if (one.key === undefined || other.key === undefined) {
        return Number(one.key === undefined) - Number(other.key === undefined) || one.index - other.index;
      }
      return sign * compared(one.key, other.key) || one.index - other.index;
    })
    .map(({ attempt }) => attempt);
}

function compared(one: string | number, other: string | number): number {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

function keyOf(attempt: Attempt, by: string): string | number | undefined {
  switch (by) {
    case "name":
      return attempt.name;
    case "status":
      return attempt.status;
    case "value":
      return attempt.value;
    case "duration":
      return attempt.startedAt === undefined || attempt.endedAt === undefined
        ? undefined
        : attempt.endedAt - attempt.startedAt;
    default: {
      const text = attempt.parameters[by.slice("parameter:".length)];
      if (text === undefined) return undefined;
      const value = Number(text);
      return text.trim() === "" || Number.isNaN(value) ? text : value;
    }
  }
}

/** The names of all that was tried, in the order of their first use. */
export function parameterNames(attempts: readonly Attempt[]): string[] {
  return [...new Set(attempts.flatMap(({ parameters }) => Object.keys(parameters)))];
}
