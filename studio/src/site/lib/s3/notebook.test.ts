import { describe, expect, it } from "vitest";
import { readNotebook } from "./notebook";

const notebook = (...cells: object[]): string => JSON.stringify({ nbformat: 4, metadata: {}, cells });

const outputs = (...raw: object[]): unknown =>
  readNotebook(notebook({ cell_type: "code", source: "x", outputs: raw })).cells[0]?.outputs;

it("reads cells with their sources in lines or as one", () => {
  const found = readNotebook(
    notebook(
      { cell_type: "markdown", source: ["# Title\n", "text"] },
      { cell_type: "code", source: "1 + 1", execution_count: 3, outputs: [] },
    ),
  );

  expect(found).toEqual({
    language: "python",
    isCut: false,
    cells: [
      { kind: "markdown", source: "# Title\ntext", count: undefined, outputs: [] },
      { kind: "code", source: "1 + 1", count: 3, outputs: [] },
    ],
  });
});

it("prefers a picture to its text, and HTML to text", () => {
  expect(
    outputs(
      { output_type: "display_data", data: { "image/png": "aGVs\nbG8=\n", "text/plain": "<Figure>" } },
      { output_type: "execute_result", data: { "text/html": ["<b>", "x</b>"], "text/plain": "x" } },
      { output_type: "stream", name: "stderr", text: ["warning\n"] },
      { output_type: "error", ename: "ValueError", evalue: "bad", traceback: ["\u001b[31mline 1", "line 2"] },
    ),
  ).toEqual([
    { kind: "image", type: "image/png", base64: "aGVsbG8=" },
    { kind: "html", html: "<b>x</b>" },
    { kind: "text", text: "warning\n", isError: true },
    { kind: "text", text: "\u001b[31mline 1\nline 2", isError: true },
  ]);
});

it("takes no image that is not base64", () => {
  expect(outputs({ output_type: "display_data", data: { "image/png": '"><script>', "text/plain": "t" } })).toEqual([
    { kind: "text", text: "t", isError: false },
  ]);
});

it("reads the older form", () => {
  const old = { worksheets: [{ cells: [{ cell_type: "heading", source: "T" }, { cell_type: "code", input: "x", prompt_number: 1 }] }] };

  expect(readNotebook(JSON.stringify(old)).cells.map(({ source }) => source)).toEqual(["# T", "x"]);
});

it("is bounded", () => {
  const found = readNotebook(notebook(...Array.from({ length: 900 }, () => ({ cell_type: "raw", source: "" }))));

  expect([found.cells.length, found.isCut]).toEqual([500, true]);
});

describe("survives", () => {
  it.each([
    notebook({ cell_type: "code", outputs: [null, 1, {}, { output_type: "stream" }, { data: { "image/png": 7 } }] }),
    JSON.stringify({ cells: [null, 3, []] }),
    JSON.stringify({ cells: [], metadata: { kernelspec: null } }),
  ])("%s", (text) => expect(() => readNotebook(text)).not.toThrow());

  it.each(["", "{", "[]", "null", '{"cells": 1}'])("refuses %j", (text) =>
    expect(() => readNotebook(text)).toThrow("no notebook"),
  );
});
