import { describe, expect, it } from "vitest";
import { readTar } from "./tar";

const BOUNDS = { entries: 100, bytes: 1 << 20 };

function entry(name: string, content = "", { type = "0", target = "", size = content.length } = {}): Uint8Array {
  const block = new Uint8Array(512);
  const put = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("        ", 148);
  put(type, 156);
  put(target, 157);
  put("ustar\x0000", 257);
  put(`${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
  const body = new Uint8Array(Math.ceil(content.length / 512) * 512);
  body.set(new TextEncoder().encode(content));
  return new Uint8Array([...block, ...body]);
}

const END = new Uint8Array(1024);

async function* inPieces(bytes: Uint8Array[], size = 100): AsyncGenerator<Uint8Array> {
  const all = new Uint8Array(bytes.flatMap((each) => [...each]));
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

it("lists files, folders and links, whatever the pieces", async () => {
  const archive = [
    entry("code/", "", { type: "5" }),
    entry("code/train.py", "print(1)\n".repeat(200)),
    entry("latest", "", { type: "2", target: "code/train.py" }),
    END,
  ];
  const expected = [
    { name: "code/", size: 0, kind: "folder", target: "" },
    { name: "code/train.py", size: 1800, kind: "file", target: "" },
    { name: "latest", size: 0, kind: "link", target: "code/train.py" },
  ];

  for (const size of [1, 100, 512, 10_000]) {
    expect(await readTar(inPieces(archive, size), BOUNDS)).toEqual({ entries: expected, isCut: false, content: undefined });
  }
});

it("reads long names of GNU and of pax", async () => {
  const long = `${"deep/".repeat(40)}model.bin`;
  const record = `path=${long}\n`;
  const length = record.length + 4;
  const archive = [
    entry("././@LongLink", `${long}\0`, { type: "L" }),
    entry("cut", "a"),
    entry("pax", `${length} ${record}`, { type: "x" }),
    entry("cut", "b"),
    END,
  ];

  expect((await readTar(inPieces(archive), BOUNDS)).entries.map(({ name }) => name)).toEqual([long, long]);
});

it("reads one file, and no more of it than is wanted", async () => {
  const archive = [entry("a", "first"), entry("b", "second"), END];
  const read = async (name: string, mostBytes: number): Promise<string> =>
    new TextDecoder().decode((await readTar(inPieces(archive), BOUNDS, { name, mostBytes })).content);

  expect(await read("b", 100)).toBe("second");
  expect(await read("b", 3)).toBe("sec");
  expect(await read("none", 3)).toBe("");
});

describe("bounds", () => {
  it("hold for entries", async () => {
    const archive = [...Array.from({ length: 10 }, (_, index) => entry(`${index}`)), END];
    const found = await readTar(inPieces(archive), { ...BOUNDS, entries: 4 });

    expect([found.entries.length, found.isCut]).toEqual([4, true]);
  });

  it("hold for bytes, and for a size that lies", async () => {
    const found = await readTar(inPieces([entry("big", "x".repeat(5000)), entry("next"), END]), { ...BOUNDS, bytes: 1024 });
    const liar = await readTar(inPieces([entry("liar", "", { size: 8 ** 11 - 1 }), END]), BOUNDS);

    expect([found.entries.length, found.isCut]).toEqual([1, true]);
    expect(liar.entries[0]?.size).toBe(8 ** 11 - 1);
  });
});

it("shows what has come of an archive that is broken off", async () => {
  expect((await readTar(inPieces([entry("a", "x").subarray(0, 700)]), BOUNDS)).entries.length).toBe(1);
});

it.each([
  ["other bytes", new TextEncoder().encode("no archive at all ".repeat(100))],
  ["a few bytes", new Uint8Array(10)],
])("refuses %s", async (_, bytes) => {
  await expect(readTar(inPieces([bytes]), BOUNDS)).rejects.toThrow("tar");
});
