import { expect, test } from "vitest";
import { middlesOf, mixed, quantile, ridgeOption } from "./histogram-option";

const histogram = { Edges: [0, 1, 2], Steps: [0, 10, 20], Shares: [[1, 0], [0.5, 0.5], [0, 1]], IsCut: false };

test("bins stand at their middles", () => {
  expect(middlesOf([0, 1, 3])).toEqual([0.5, 2]);
});

test("a quantile of nothing is zero", () => {
  expect(quantile([], 0.9)).toBe(0);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
});

test("colours are mixed", () => {
  expect(mixed("#000000", "#ffffff", 0.5)).toBe("rgb(128,128,128)");
  expect(mixed("#fff", "#0b5fb8", 1)).toBe("rgb(11,95,184)");
});

test("the newest step is the lowest and the frontmost ridge, and a marked one says so", () => {
  const option = ridgeOption(histogram, new Set([10]))(() => "#101010");
  const format = option.yAxis.axisLabel as unknown as { formatter: (value: number) => string };

  expect(option.series[0]?.data.at(-1)).toEqual([0, 0, 2]);
  expect([0, 1, 2].map(format.formatter)).toEqual(["20", "◆ 10", "0"]);
});

test("no ridge covers the name of the axis of steps", () => {
  const option = ridgeOption(histogram, new Set())(() => "#101010");

  expect(option.yAxis).toMatchObject({ name: "step", nameLocation: "middle" });
});
