// Lists a zip archive by its directory at the end, read by ranges; unpacks one file of it, up to a bound.
import { Inflate } from "fflate";

export interface ZipEntry {
  name: string;
  size: number;
  packedSize: number;
  method: number;
  headerAt: number;
}

export type ReadRange = (first: number, last: number) => Promise<ArrayBuffer>;

const END_BYTES = 22;
const MOST_COMMENT_BYTES = 65_535;
const MOST_DIRECTORY_BYTES = 16 << 20;
export const MOST_ENTRIES = 20_000;

export interface ZipListing {
  entries: ZipEntry[];
  isCut: boolean;
}

/** Throws Error for what is no zip archive. */
export async function listZip(size: number, read: ReadRange): Promise<ZipListing> {
  const tailAt = Math.max(0, size - END_BYTES - MOST_COMMENT_BYTES);
  const tail = size < END_BYTES ? new DataView(new ArrayBuffer(0)) : new DataView(await read(tailAt, size - 1));
  let at = tail.byteLength - END_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== 0x06054b50) at -= 1;
  if (at < 0) throw notZip();
  let start = tail.getUint32(at + 16, true);
  let length = tail.getUint32(at + 12, true);
  if (start === 0xffffffff || length === 0xffffffff) [start, length] = await zip64(tail, at, size, read);
  if (start + length > size) throw notZip();
  if (length === 0) return { entries: [], isCut: false };
  const shown = Math.min(length, MOST_DIRECTORY_BYTES);
  const directory = new DataView(await read(start, start + shown - 1));
  const entries: ZipEntry[] = [];
  let next = 0;
  while (next + 46 <= directory.byteLength && entries.length < MOST_ENTRIES) {
    if (directory.getUint32(next, true) !== 0x02014b50) throw notZip();
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((each) => directory.getUint16(next + each, true));
    const end = next + 46 + (nameBytes ?? 0);
    const after = end + (extraBytes ?? 0) + (commentBytes ?? 0);
    if (after > directory.byteLength) break;
    entries.push(readEntry(directory, next, end, extraBytes ?? 0));
    next = after;
  }
  return { entries, isCut: next < length };
}

async function zip64(tail: DataView, at: number, size: number, read: ReadRange): Promise<[number, number]> {
  const locator = at - 20;
  if (locator < 0 || tail.getUint32(locator, true) !== 0x07064b50) throw notZip();
  const where = Number(tail.getBigUint64(locator + 8, true));
  if (where + 56 > size) throw notZip();
  const record = new DataView(await read(where, where + 55));
  if (record.getUint32(0, true) !== 0x06064b50) throw notZip();
  return [Number(record.getBigUint64(48, true)), Number(record.getBigUint64(40, true))];
}

function readEntry(view: DataView, at: number, nameEnd: number, extraBytes: number): ZipEntry {
  const entry = {
    name: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameEnd - at - 46)),
    size: view.getUint32(at + 24, true),
    packedSize: view.getUint32(at + 20, true),
    method: view.getUint16(at + 10, true),
    headerAt: view.getUint32(at + 42, true),
  };
  // What does not fit into 4 bytes stands in a field behind the name, in this order.
  let extra = nameEnd;
  while (extra + 4 <= nameEnd + extraBytes) {
    const length = view.getUint16(extra + 2, true);
    if (view.getUint16(extra, true) === 1) {
      let from = extra + 4;
      for (const member of ["size", "packedSize", "headerAt"] as const) {
        if (entry[member] === 0xffffffff && from + 8 <= Math.min(extra + 4 + length, view.byteLength)) {
          entry[member] = Number(view.getBigUint64(from, true));
          from += 8;
        }
      }
    }
    extra += 4 + length;
  }
  return entry;
}

/** The beginning of one file, at most `mostBytes`. Throws Error for a method that is not known here. */
export async function readZipEntry(
  entry: ZipEntry,
  size: number,
  read: ReadRange,
  mostBytes: number,
): Promise<Uint8Array> {
  const header = new DataView(await read(entry.headerAt, Math.min(entry.headerAt + 29, size - 1)));
  if (header.byteLength < 30 || header.getUint32(0, true) !== 0x04034b50) throw notZip();
  const start = entry.headerAt + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (entry.packedSize === 0) return new Uint8Array(0);
  if (start >= size) throw notZip();
  // Packed bytes are as many as unpacked ones at most, and a little.
  const last = Math.min(start + Math.min(entry.packedSize, mostBytes + 1024), size) - 1;
  const packed = new Uint8Array(await read(start, last));
  if (entry.method === 0) return packed.subarray(0, mostBytes);
  if (entry.method !== 8) throw new Error(`This file is packed by a method (${entry.method}) that is not shown.`);
  return inflated(packed, mostBytes);
}

function inflated(packed: Uint8Array, mostBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let count = 0;
  const inflate = new Inflate((part) => {
    parts.push(part);
    count += part.length;
  });
  // In small pieces: a bomb is noticed before it has filled the memory.
  const step = 4_096;
  for (let at = 0; at < packed.length && count < mostBytes; at += step) inflate.push(packed.subarray(at, at + step));
  const whole = new Uint8Array(count);
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole.subarray(0, mostBytes);
}

const notZip = (): Error => new Error("This is no zip archive.");
