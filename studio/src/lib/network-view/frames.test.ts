import { expect, test } from "vitest";

import { frameOf, layersOf, pictureOf } from "./example";
import { Frames } from "./frames";
import type { Source } from "./source";

const picture = pictureOf(layersOf(["units", 4]));

function counting(fail = 0): Source & { asked: string[] } {
  const asked: string[] = [];
  return {
    picture,
    asked,
    frame: async (step, sample) => {
      asked.push(`${step}/${sample}`);
      if (asked.length <= fail) throw new Error("not there");
      return frameOf([1, 2, 3, 4], { step, sample });
    },
  };
}

test("a cached frame is not requested again", async () => {
  const source = counting();
  const frames = new Frames(source);

  await frames.get(1, 0);
  const again = await frames.get(1, 0);

  expect(again.head.step).toBe(1);
  expect(source.asked).toEqual(["1/0"]);
});

test("a pending frame is not requested twice", async () => {
  const source = counting();
  const frames = new Frames(source);

  await Promise.all([frames.get(1, 0), frames.get(1, 0), frames.get(1, 1)]);

  expect(source.asked).toEqual(["1/0", "1/1"]);
});

test("the least recently used frame is removed first", async () => {
  const source = counting();
  const frames = new Frames(source, 16);

  for (const step of [1, 2, 1, 3, 1, 2]) await frames.get(step, 0);

  expect(source.asked).toEqual(["1/0", "2/0", "3/0", "2/0"]);
});

test("a failure is not cached", async () => {
  const source = counting(1);
  const frames = new Frames(source);

  await expect(frames.get(1, 0)).rejects.toThrow("not there");

  expect((await frames.get(1, 0)).head.step).toBe(1);
});
