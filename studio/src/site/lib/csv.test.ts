import { expect, test } from "vitest";
import { csv } from "./csv";

test("fields with commas, quotes and lines are quoted", () => {
  expect(csv([["a", "b,c"], ['say "x"', "two\nlines"]])).toBe('a,"b,c"\r\n"say ""x""","two\nlines"\r\n');
});

test("what a spreadsheet would run is made text, and numbers stay numbers", () => {
  expect(csv([["=HYPERLINK(1)", "-1.5e-3", "+x", "-"]])).toBe("'=HYPERLINK(1),-1.5e-3,'+x,'-\r\n");
});
