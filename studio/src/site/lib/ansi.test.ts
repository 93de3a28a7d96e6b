import { expect, test } from "vitest";
import { pieces, withoutColours } from "./ansi";

test("a plain line is one piece", () => {
  expect(pieces("epoch 1")).toEqual([{ text: "epoch 1", styles: [] }]);
});

test("colours begin and end", () => {
  expect(pieces("\x1b[1;31mERROR\x1b[0m at \x1b[92mline 3\x1b[39m.")).toEqual([
    { text: "ERROR", styles: ["bold", "fg-red"] },
    { text: " at ", styles: [] },
    { text: "line 3", styles: ["fg-green"] },
    { text: ".", styles: [] },
  ]);
});

test("the 256 colours take their parameters along", () => {
  expect(pieces("\x1b[38;5;4;1mx\x1b[48;2;9;9;9;3my")).toEqual([
    { text: "x", styles: ["fg-blue", "bold"] },
    { text: "y", styles: ["fg-blue", "bold", "italic"] },
  ]);
});

test("a progress bar shows its last state", () => {
  expect(withoutColours("10%\r50%\r100%\r")).toBe("100%");
});

test("what commands a terminal is left out", () => {
  expect(withoutColours("\x1b]0;title\x07a\x1b[2Jb\x1b[5Ac\x1b]52;c;ZXZpbA==\x1b\\d\x07\x9b")).toBe("abcd");
});

test("a long line of openings takes no long time", () => {
  expect(withoutColours("\x1bP".repeat(20_000)).length).toBeLessThan(40_001);
});
