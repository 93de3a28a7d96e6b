import { expect, it } from "vitest";
import { textWindow } from "./text-window";

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

it("shows whole lines", () => {
  expect(textWindow(encoded("one\ntwo\nthr"), 0, 100)).toEqual({ text: "one\ntwo\n", start: 0, end: 8 });
  expect(textWindow(encoded("ne\ntwo\nthr"), 1, 100)).toEqual({ text: "two\n", start: 4, end: 8 });
});

it("shows the last line without a line break", () => {
  expect(textWindow(encoded("o\nthree"), 5, 12)).toEqual({ text: "three", start: 7, end: 12 });
});

it("cuts a line that is longer than the window", () => {
  expect(textWindow(encoded("xxxx"), 8, 100)).toEqual({ text: "xxxx", start: 8, end: 12 });
});

it("always goes on", () => {
  const found = textWindow(encoded("a\nbbbbb"), 10, 100);
  expect(found.end).toBeGreaterThan(found.start);
});
