import { expect, it } from "vitest";
import { MOST_ROWS, readCsv } from "./csv";

it("reads quotes, line breaks in quotes and empty values", () => {
  const table = readCsv('name,note\r\n"a ""b""","two\nlines"\r\n,\r\n', false);

  expect(table).toEqual({ columns: ["name", "note"], rows: [['a "b"', "two\nlines"], ["", ""]] });
});

it("takes a first row with numbers for data", () => {
  expect(readCsv("1,2\n3,4", false)).toEqual({ columns: ["0", "1"], rows: [["1", "2"], ["3", "4"]] });
});

it.each(["\t", ";", "|"])("finds the separator %j", (separator) => {
  expect(readCsv(`a${separator}b\n1${separator}2\n`, false).rows).toEqual([["1", "2"]]);
});

it("drops a last row that is cut", () => {
  expect(readCsv("a,b\n1,2\n3,4444", true).rows).toEqual([["1", "2"]]);
  expect(readCsv('a,b\n1,"2', true).rows).toEqual([]);
  expect(readCsv("a,b\n1,", true).rows).toEqual([]);
});

it("reads the last row of a whole file without a line break", () => {
  expect(readCsv("\ufeffa,b\n1,", false)).toEqual({ columns: ["a", "b"], rows: [["1", ""]] });
});

it("ends at a bound", () => {
  expect(readCsv("a\n".repeat(MOST_ROWS * 2), false).rows.length).toBeLessThanOrEqual(MOST_ROWS);
});

it("shows nothing of nothing", () => {
  expect(readCsv("", false)).toEqual({ columns: [], rows: [] });
});
