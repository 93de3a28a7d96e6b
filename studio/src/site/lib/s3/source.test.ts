import { gzipSync, strToU8 } from "fflate";
import { expect, it } from "vitest";
import { bytesSource, head, pieces, unpacked } from "./source";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const { signal } = new AbortController();

it("reads the beginning, or all of a small content", async () => {
  const source = bytesSource("a", strToU8("0123456789"));

  expect(text(await head(source, 4))).toBe("0123");
  expect(text(await head(source, 100))).toBe("0123456789");
  expect((await head(bytesSource("empty", new Uint8Array(0)), 4)).length).toBe(0);
});

it("ends a stream of which no more is wanted", async () => {
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    pull: (control) => control.enqueue(new Uint8Array(10)),
    cancel: () => {
      isCancelled = true;
    },
  });
  for await (const piece of pieces(stream)) {
    expect(piece.length).toBe(10);
    break;
  }

  expect(isCancelled).toBe(true);
});

it("unpacks up to a bound", async () => {
  const packed = bytesSource("a", gzipSync(strToU8("hello ".repeat(1_000_000))));

  expect(text(await unpacked(packed, 8, signal))).toBe("hello he");
  expect((await unpacked(packed, 10_000_000, signal)).length).toBe(6_000_000);
});

it("refuses what is not packed", async () => {
  await expect(unpacked(bytesSource("a", strToU8("plain")), 8, signal)).rejects.toThrow();
});
