import { expect, test } from "vitest";
import { differences } from "./differences";

const told = (before: unknown, after: unknown): [string, unknown, unknown][] =>
  differences(before, after).map((each) => [each.name, each.before, each.after]);

test("each value that differs is told, and nothing else", () => {
  const before = { Name: "a", Count: 1, Flag: false, Map: { rate: "0.1", "odd key": "x" } };
  const after = { Name: "a", Count: 2, Flag: false, Map: { rate: "0.2" }, New: { Deep: [1, 2] } };

  expect(told(before, after)).toEqual([
    ["Count", 1, 2],
    ["Map.rate", "0.1", "0.2"],
    ['Map["odd key"]', "x", undefined],
    ["New.Deep[0]", undefined, 1],
    ["New.Deep[1]", undefined, 2],
  ]);
});

test("an element goes by its name, so that another one's removal does not move it", () => {
  const channel = (name: string, uri: string) => ({ ChannelName: name, Uri: uri });

  expect(
    told({ Inputs: [channel("train", "s3://a"), channel("test", "s3://b")] }, { Inputs: [channel("test", "s3://c")] }),
  ).toEqual([
    ["Inputs[train].ChannelName", "train", undefined],
    ["Inputs[train].Uri", "s3://a", undefined],
    ["Inputs[test].Uri", "s3://b", "s3://c"],
  ]);
});

test("empty parts and kinds of values are told apart", () => {
  expect(told({ A: {}, B: "1", C: [] }, { B: 1, C: [] })).toEqual([
    ["A", "{}", undefined],
    ["B", "1", 1],
  ]);
});
