import { expect, test } from "vitest";
import { ago, bytes, duration, number, plain } from "./format";

test.each([
  [0.069012, "0.06901"],
  [12345.678, "12350"],
  [60, "60"],
  [1234567, "1234567"],
  [1e-7, "1.000e-7"],
  [Number.NaN, "NaN"],
  [0, "0"],
  [undefined, ""],
])("the number %s is %s", (value, text) => {
  expect(number(value)).toBe(text);
});

test.each([
  [0.04, "0 s"],
  [2.34, "2.3 s"],
  [59.6, "1 min"],
  [75, "1 min 15 s"],
  [3600, "1 h"],
  [90_061, "1 d 1 h"],
  [-1, ""],
  [undefined, ""],
])("%s seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("ages are told in one unit", () => {
  expect([3, 59, 61, 7_300, 200_000].map((age) => ago(1_000_000 - age, 1_000_000))).toEqual([
    "just now",
    "59 s ago",
    "1 min ago",
    "2 h ago",
    "2 d ago",
  ]);
});

test("the quotes of a JSON string are left out, and nothing else is", () => {
  expect(['"a b"', "7", '"broken', '{"a":1}'].map(plain)).toEqual(["a b", "7", '"broken', '{"a":1}']);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1 kB"],
  [1_550_000, "1.6 MB"],
  [999_999, "1 MB"],
  [123_456_789, "123 MB"],
  [5e15, "5 PB"],
  [undefined, ""],
])("%s bytes are %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});
