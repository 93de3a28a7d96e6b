import { expect, test } from "vitest";
import { eachAtATime } from "./batches";

test("none is begun after an end was asked for", async () => {
  const control = new AbortController();
  const begun: number[] = [];

  await eachAtATime(
    Array.from({ length: 100 }, (_, number) => number),
    async (item) => {
      begun.push(item);
      if (item === 9) control.abort();
      await Promise.resolve();
    },
    () => undefined,
    control.signal,
  );

  expect(begun.length).toBeLessThan(14);
});

test("each item is run, a few at the same time, and failures are told", async () => {
  let running = 0;
  let most = 0;
  const told: number[] = [];
  const items = Array.from({ length: 20 }, (_, number) => number);

  const failures = await eachAtATime(
    items,
    async (item) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (item % 7 === 3) throw new Error(`not ${item}`);
    },
    (done) => told.push(done),
  );

  expect(failures.map(({ item }) => item)).toEqual([3, 10, 17]);
  expect(told).toHaveLength(20);
  expect(most).toBeLessThanOrEqual(4);
});
