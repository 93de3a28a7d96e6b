import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { listZip, readZipEntry } from "./zip";

function reader(bytes: Uint8Array) {
  const asked: number[] = [];
  const read = (first: number, last: number): Promise<ArrayBuffer> => {
    asked.push(last - first + 1);
    return Promise.resolve(bytes.slice(first, last + 1).buffer as ArrayBuffer);
  };
  return { read, asked };
}

const archive = zipSync({
  "data/a.txt": strToU8("hello ".repeat(100)),
  stored: [strToU8("as it is"), { level: 0 }],
  empty: new Uint8Array(0),
});

it("lists the files with few bytes read", async () => {
  const padded = zipSync({ big: [new Uint8Array(500_000), { level: 0 }], small: strToU8("x") });
  const { read, asked } = reader(padded);
  const { entries, isCut } = await listZip(padded.length, read);

  expect(entries.map(({ name, size }) => [name, size])).toEqual([["big", 500_000], ["small", 1]]);
  expect(isCut).toBe(false);
  expect(asked.reduce((sum, each) => sum + each, 0)).toBeLessThan(70_000);
});

it("unpacks a file, up to a bound", async () => {
  const { read } = reader(archive);
  const { entries } = await listZip(archive.length, read);
  const text = async (index: number, most: number): Promise<string> => {
    const entry = entries[index];
    if (entry === undefined) throw new Error("no entry");
    return new TextDecoder().decode(await readZipEntry(entry, archive.length, read, most));
  };

  expect(await text(0, 10_000)).toBe("hello ".repeat(100));
  expect(await text(0, 8)).toBe("hello he");
  expect(await text(1, 10_000)).toBe("as it is");
  expect(await text(2, 10_000)).toBe("");
});

it("ends a bomb at the bound", async () => {
  const bomb = zipSync({ zeros: new Uint8Array(50_000_000) });
  const { read } = reader(bomb);
  const { entries } = await listZip(bomb.length, read);
  const [entry] = entries;

  expect(entry && (await readZipEntry(entry, bomb.length, read, 1_000)).length).toBe(1_000);
});

describe("refuses", () => {
  it.each([
    ["nothing", new Uint8Array(0)],
    ["other bytes", new Uint8Array(5_000)],
    ["an archive that is cut", archive.subarray(0, archive.length - 30)],
  ])("%s", async (_, bytes) => {
    await expect(listZip(bytes.length, reader(bytes).read)).rejects.toThrow("zip");
  });

  it("a directory outside the file", async () => {
    const broken = archive.slice();
    new DataView(broken.buffer).setUint32(broken.length - 6, broken.length * 2, true);
    await expect(listZip(broken.length, reader(broken).read)).rejects.toThrow("zip");
  });
});
