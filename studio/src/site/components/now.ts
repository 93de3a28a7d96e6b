import { useSyncExternalStore } from "react";

/** The time for all who want to know it equally often: a table has a hundred of them. */
class Clock {
  #now = Date.now() / 1000;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(readonly everyMs: number) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => {
      this.#now = Date.now() / 1000;
      for (const each of this.#listeners) each();
    }, this.everyMs);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  };

  readonly now = (): number => {
    // It stands still while nobody listens.
    const now = Date.now() / 1000;
    if (this.#timer === undefined && now - this.#now > this.everyMs / 1000) this.#now = now;
    return this.#now;
  };
}

const clocks = new Map<number, Clock>();

function clockOf(everyMs: number): Clock {
  const known = clocks.get(everyMs);
  if (known !== undefined) return known;
  const made = new Clock(everyMs);
  clocks.set(everyMs, made);
  return made;
}

/** The time in epoch seconds, kept up to date. */
export function useNow(everyMs = 1_000): number {
  const clock = clockOf(everyMs);
  return useSyncExternalStore(clock.subscribe, clock.now);
}
