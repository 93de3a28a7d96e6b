import { expect, test } from "vitest";
import { completionOf } from "./filter-completion";

test.each([
  ["", "name", "", 0],
  ["metr", "name", "metr", 0],
  ["a = 1 and lo", "name", "lo", 10],
  ["(a = 1 or ", "name", "", 10],
  ["Parents[Tri", "name", "Tri", 8],
  ["`Metrics.a b", "name", "Metrics.a b", 0],
])("%j wants a name", (text, wants, word, start) => {
  expect(completionOf(text)).toEqual({ wants, word, start });
});

test.each([
  ["status ", "status"],
  ["a = 1 and metrics.loss.last ", "metrics.loss.last"],
  ["`Metrics.a b.Last` ", "Metrics.a b.Last"],
])("%j wants an operator", (text, name) => {
  expect(completionOf(text)).toEqual({ wants: "operator", name, start: text.length });
});

test.each([
  ["status =", "status", "=", "", 8],
  ["status = Fai", "status", "=", "Fai", 9],
  ['a = 1 and tags.team != "my te', "tags.team", "!=", "my te", 23],
  ["status in (Failed, St", "status", "in", "St", 19],
  ["status not in (", "status", "not in", "", 15],
  ["name contains x", "name", "contains", "x", 14],
])("%j wants a value", (text, name, operator, word, start) => {
  expect(completionOf(text)).toEqual({ wants: "value", name, operator, word, start });
});

test.each(["status = Failed ", "status exists", "Parents not exists "])("%j wants nothing", (text) => {
  expect(completionOf(text).wants).toBe("nothing");
});
