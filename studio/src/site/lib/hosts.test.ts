import { expect, test } from "vitest";
import { hostOf, processTitles, streamTitles } from "./hosts";

test("the host of a log stream", () => {
  expect(hostOf("job/algo-1-1790000000")).toBe("algo-1");
  expect(hostOf("job/algo-12-1790000000123")).toBe("algo-12");
});

test("a host that started again is told from its first start", () => {
  const streams = ["job/algo-1-1790000500000", "job/algo-1-1790000000000", "job/algo-2-1790000000000"];

  expect(streamTitles(streams)).toEqual(["algo-1, start 2", "algo-1", "algo-2"]);
});

test("the one process of a host has the name of the host", () => {
  expect([...processTitles(["0-algo-1", "1-algo-2", "0-algo-1"])]).toEqual([
    ["0-algo-1", "algo-1"],
    ["1-algo-2", "algo-2"],
  ]);
});

test("several processes of a host are numbered in their order", () => {
  const titles = processTitles(["412-algo-1", "97-algo-1", "worker"]);

  expect(titles.get("97-algo-1")).toBe("algo-1, process 1");
  expect(titles.get("412-algo-1")).toBe("algo-1, process 2");
  expect(titles.get("worker")).toBe("worker");
});
