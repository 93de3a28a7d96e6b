import { expect, it } from "vitest";
import { imageType, kindOf, languageOf, looksBinary } from "./kinds";

it.each([
  ["a/train.csv", "", "csv"],
  ["out/model.tar.gz", "application/octet-stream", "tar"],
  ["n.ipynb", "application/json", "notebook"],
  ["weights.npz", "", "zip"],
  ["Dockerfile", "", "text"],
  ["paper.PDF", "", "none"],
  ["no-ending", "image/png", "image"],
  ["no-ending", "application/json", "json"],
  ["no-ending", "binary/octet-stream", "text"],
  ["x.d/part-0000", "application/jsonlines", "json-lines"],
])("shows %s of type %j as %s", (key, type, kind) => expect(kindOf(key, type)).toBe(kind));

it("gives an image no type that is not an image's", () => {
  expect(imageType("a.svg", "text/html")).toBe("image/svg+xml");
  expect(imageType("a", "image/tiff")).toBe("image/tiff");
  expect(imageType("a", "text/html")).toBe("image/png");
});

it("tells text from other bytes, also where a character is cut", () => {
  expect(looksBinary(new TextEncoder().encode("schön"))).toBe(false);
  expect(looksBinary(new TextEncoder().encode("schö").subarray(0, 5))).toBe(false);
  expect(looksBinary(new Uint8Array([80, 75, 3, 4, 0]))).toBe(true);
  expect(looksBinary(new Uint8Array([0xff, 0xfe, 0x41]))).toBe(true);
});

it("knows the languages that it can colour", () => {
  expect(languageOf("a/train.py")).toBe("python");
  expect(languageOf("a/readme")).toBeUndefined();
});
