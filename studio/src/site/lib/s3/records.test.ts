import { expect, it } from "vitest";
import { cellText, columnsOf, readJsonLines } from "./records";

it("reads lines, and shows those that are none", () => {
  const { rows, broken } = readJsonLines('{"a": 1}\n\n[1]\n{"a": \n{"b": 2}', true, 100);

  expect(rows).toEqual([{ a: 1 }, { value: [1] }, { "(no JSON)": '{"a": ' }]);
  expect(broken).toBe(1);
  expect(readJsonLines('{"a": 1}\n{"a": 2}', false, 1).rows.length).toBe(1);
});

it("has the columns of all records", () => {
  expect(columnsOf([{ a: 1 }, { b: 1, a: 2 }])).toEqual(["a", "b"]);
});

it.each([
  [null, ""],
  [10n ** 18n, "1000000000000000000"],
  [new Date(0), "1970-01-01T00:00:00Z"],
  [new Date(Number.NaN), ""],
  [new Uint8Array([1, 255]), "01 ff"],
  [new Float32Array([1, 2]), "[1,2]"],
  [{ a: [1n] }, '{"a":[1]}'],
  ["x".repeat(5_000), "x".repeat(2_000)],
])("shows %s", (value, text) => expect(cellText(value)).toBe(text));
