import { describe, expect, it } from "vitest";
import { type LoggedTable, MOST_CLASSES, MOST_ROWS, NotLogged, parsedJson, readLogged, scoresOf } from "./logged";

const read = (value: object) => readLogged(JSON.stringify(value));

describe("what the SDK logged", () => {
  it("is a table by columns, as the tracker writes a data frame", () => {
    const found = readLogged(
      '{"type": "Table", "version": 0, "title": "frame", "fields": [{"name": "z", "type": "number"}, ' +
        '{"name": "word", "type": "string"}], "data": {"z": [1.5, NaN, -Infinity], "word": ["NaN", "b\\"", null]}}',
    );

    expect(found).toEqual({
      kind: "table",
      title: "frame",
      rows: 3,
      isCut: false,
      columns: [
        { name: "z", isNumber: true, cells: ["1.5", "", ""] },
        { name: "word", isNumber: false, cells: ["NaN", 'b"', ""] },
      ],
    });
  });

  it("is a confusion matrix, a row for each true class", () => {
    const found = read({ type: "ConfusionMatrix", version: 0, title: "digits", confusionMatrix: [[2, 0], [1, 1]] });

    expect(found).toEqual({ kind: "matrix", title: "digits", counts: [[2, 0], [1, 1]] });
    const scores = scoresOf([[2, 0], [1, 1]]);
    expect(scores.accuracy).toBe(0.75);
    expect(scores.classes.map(({ recall }) => recall)).toEqual([1, 0.5]);
    expect(scores.classes.map(({ precision }) => precision)).toEqual([2 / 3, 1]);
    expect(scoresOf([[0, 0], [0, 0]]).accuracy).toBeUndefined();
  });

  it("is a curve with its area", () => {
    const found = read({
      type: "ROCCurve",
      version: 0,
      title: "roc",
      falsePositiveRate: [0, 0, 0.5, 0.5, 1],
      truePositiveRate: [0, 0.5, 0.5, 1, 1],
      areaUnderCurve: 0.75,
    });

    expect(found).toEqual({
      kind: "roc",
      title: "roc",
      x: [0, 0, 0.5, 0.5, 1],
      y: [0, 0.5, 0.5, 1, 1],
      score: 0.75,
      noSkill: undefined,
    });
  });

  it("is a precision-recall curve, which scikit-learn writes from right to left", () => {
    const found = read({
      type: "PrecisionRecallCurve",
      version: 0,
      title: null,
      precision: [0.5, 0.67, 0.5, 1, 1],
      recall: [1, 1, 0.5, 0.5, 0],
      averagePrecisionScore: 0.83,
      noSkill: 0.5,
    });

    expect(found).toEqual({
      kind: "precision-recall",
      title: "",
      x: [0, 0.5, 0.5, 1, 1],
      y: [1, 1, 0.5, 0.67, 0.5],
      score: 0.83,
      noSkill: 0.5,
    });
  });
});

describe("a file that is not what it says", () => {
  const bad: [string, string][] = [
    ["nothing", ""],
    ["a list", "[1]"],
    ["cut", '{"type": "Table", "data": {'],
    ["deep", "[".repeat(500_000)],
    ["of another type", '{"type": "Pie"}'],
    ["a table without data", '{"type": "Table", "data": [1]}'],
    ["a matrix that is no square", '{"type": "ConfusionMatrix", "confusionMatrix": [[1, 2]]}'],
    ["a matrix of words", '{"type": "ConfusionMatrix", "confusionMatrix": [["<img>"]]}'],
    ["a curve of different lengths", '{"type": "ROCCurve", "falsePositiveRate": [0, 1], "truePositiveRate": [0]}'],
    ["a curve of nothing", '{"type": "ROCCurve", "falsePositiveRate": [null, null], "truePositiveRate": [0, 1]}'],
  ];
  for (const [what, text] of bad) {
    it(`is refused with a reason: ${what}`, () => {
      expect(() => readLogged(text)).toThrow(NotLogged);
    });
  }

  it("is bounded", () => {
    const rows = Array.from({ length: MOST_ROWS + 1 }, (_, index) => index);
    const columns = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`c${index}`, index === 0 ? rows : [1]]));
    const table = read({ type: "Table", data: columns }) as LoggedTable;
    expect([table.rows, table.columns.length, table.isCut]).toEqual([MOST_ROWS, 200, true]);

    const row = Array.from({ length: MOST_CLASSES + 1 }, () => 0);
    expect(() => read({ type: "ConfusionMatrix", confusionMatrix: row.map(() => row) })).toThrow("201 classes");
    const long = read({ type: "Table", data: { a: ["x".repeat(5_000), { b: "y".repeat(5_000) }] } }) as LoggedTable;
    expect(Math.max(...(long.columns[0]?.cells ?? []).map((cell) => cell.length))).toBeLessThan(310);
  });

  it("keeps a name like that of a member of every object", () => {
    const table = readLogged('{"type": "Table", "data": {"__proto__": [1], "constructor": [2]}}') as LoggedTable;
    expect(table.columns.map(({ name }) => name)).toEqual(["__proto__", "constructor"]);
  });

  it("is parsed with the numbers that JSON has not", () => {
    expect(parsedJson('{"a": [NaN, Infinity, -Infinity, "NaN"], "b\\\\": 1}')).toEqual({
      a: [null, null, null, "NaN"],
      "b\\": 1,
    });
  });
});
