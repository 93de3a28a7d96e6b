import { expect, test } from "vitest";
import { LogWindow, PIECE } from "./log-window";

const lines = (first: number, end: number, text = "line") =>
  Array.from({ length: end - first }, (_, index) => ({
    number: first + index,
    stream: 0,
    atMs: 0,
    text: `${text} ${first + index}`,
  }));

test("what is here is not asked for again", () => {
  const log = new LogWindow();
  expect(log.missing(0, 10, 2 * PIECE)).toEqual([0]);
  log.put(0, lines(0, PIECE), PIECE);

  expect(log.missing(0, 10, 2 * PIECE)).toEqual([]);
  expect(log.missing(PIECE - 5, PIECE + 5, 2 * PIECE)).toEqual([1]);
  expect(log.line(7)?.text).toBe("line 7");
  expect(log.line(PIECE)).toBeUndefined();
});

test("a log that has grown needs the rest of its last piece", () => {
  const log = new LogWindow();
  log.put(0, lines(0, 3), 3);
  expect(log.missing(0, 9, 3)).toEqual([]);
  expect(log.missing(0, 9, 5)).toEqual([0]);
  expect(log.start(0)).toBe(3);

  log.put(3, lines(3, 5), 5);

  expect(log.missing(0, 9, 5)).toEqual([]);
  expect(log.line(4)?.text).toBe("line 4");
});

test("memory is bounded, and what was seen last stays", () => {
  const log = new LogWindow(3);
  for (let piece = 0; piece < 100; piece += 1) {
    log.put(piece * PIECE, lines(piece * PIECE, (piece + 1) * PIECE), (piece + 1) * PIECE);
    log.missing(0, 1, 100 * PIECE);
  }

  expect(log.size).toBe(3 * PIECE);
  expect(log.line(0)?.text).toBe("line 0");
  expect(log.line(99 * PIECE)).toBeDefined();
});

test("old lines are seen until they are read anew", () => {
  const log = new LogWindow();
  log.put(0, lines(0, 2, "old"), 2);
  log.age();
  expect(log.line(1)?.text).toBe("old 1");
  expect(log.missing(0, 2, 3)).toEqual([0]);
  expect(log.start(0)).toBe(0);

  log.put(0, lines(0, 3, "new"), 3);

  expect(log.line(1)?.text).toBe("new 1");
  expect(log.missing(0, 3, 3)).toEqual([]);
});

test("numbers that retention has emptied are not asked for for ever", () => {
  const log = new LogWindow();
  log.put(0, lines(2, 4), 4);

  expect(log.missing(0, 4, 4)).toEqual([]);
  expect([log.line(0)?.text, log.line(2)?.text]).toEqual(["", "line 2"]);
});
