import { expect, test } from "vitest";
import { type KeptChain, readKept, withChain, withoutChain } from "./kept-chains";

const chain = (at: number): KeptChain => ({ from: "arn:aws:x", at, owner: "arn:aws:iam::1:user/ada" });

test("a chain is kept once and let go", () => {
  const kept = withChain(withChain(withChain([], chain(1)), chain(2)), chain(1));

  expect(kept).toEqual([chain(1), chain(2)]);
  expect(withoutChain(kept, { from: "arn:aws:x", at: 1 })).toEqual([chain(2)]);
});

test("what is kept survives being written", () => {
  expect(readKept(JSON.stringify([chain(1), chain(2)]))).toEqual([chain(1), chain(2)]);
});

test.each([null, "", "{", "7", '{"from": "a"}', '[null, 7, {"from": "", "at": 1, "owner": ""}, {"from": "a", "at": "1"}]'])(
  "what is no list of chains is none: %s",
  (text) => expect(readKept(text)).toEqual([]),
);

test("only the newest are kept", () => {
  const many = Array.from({ length: 30 }, (_, at) => chain(at));

  expect(many.reduce(withChain, [] as KeptChain[]).map(({ at }) => at)).toEqual(many.slice(10).map(({ at }) => at));
});
