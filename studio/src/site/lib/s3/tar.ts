// Lists an archive in tar's form (ustar, pax, GNU) while it arrives. Hostile until read: every size is bounded.

export interface TarEntry {
  name: string;
  size: number;
  kind: "file" | "folder" | "link";
  /** Of a link. */
  target: string;
}

export interface TarBounds {
  entries: number;
  /** Of the unpacked archive: what lies behind is not looked at. */
  bytes: number;
}

const BLOCK = 512;
const MOST_NAME_BYTES = 64 * 1024;

export interface TarListing {
  entries: TarEntry[];
  /** Whether the archive has more than the bounds let see. */
  isCut: boolean;
}

/**
 * Reads to the end of the archive, or to a bound. `wants` has the content of the entry of this name, at most
 * `mostBytes` of it, kept; reading ends there. Throws Error for what is no archive.
 */
export async function readTar(
  pieces: AsyncIterable<Uint8Array>,
  bounds: TarBounds,
  wants?: { name: string; mostBytes: number },
): Promise<TarListing & { content: Uint8Array | undefined }> {
  const source = new Blocks(pieces, bounds.bytes);
  const entries: TarEntry[] = [];
  let longName: string | undefined;
  let longTarget: string | undefined;
  const done = (isCut: boolean, content?: Uint8Array) => ({ entries, isCut, content });
  for (;;) {
    const block = await source.take(BLOCK);
    if (block === undefined) {
      if (entries.length === 0 && source.hasBytes && !source.isCut) throw notTar();
      return done(source.isCut);
    }
    if (block.every((byte) => byte === 0)) return done(false);
    const header = readHeader(block);
    if (header.type === "L" || header.type === "K" || header.type === "x") {
      // Names longer than a header's field come before the entry, as a content.
      if (header.size > MOST_NAME_BYTES) throw notTar();
      const raw = await source.take(padded(header.size));
      if (raw === undefined) return done(true);
      const bytes = raw.subarray(0, header.size);
      if (header.type === "L") longName = text(bytes);
      else if (header.type === "K") longTarget = text(bytes);
      else {
        const pax = readPax(bytes);
        longName = pax.get("path") ?? longName;
        longTarget = pax.get("linkpath") ?? longTarget;
      }
      continue;
    }
    const name = longName ?? header.name;
    const isLink = header.type === "1" || header.type === "2";
    const isFolder = header.type === "5" || name.endsWith("/");
    const target = isLink ? (longTarget ?? header.target) : "";
    longName = longTarget = undefined;
    const size = isLink || isFolder ? 0 : header.size;
    // Global headers are no entries.
    if (header.type !== "g") entries.push({ name, size, kind: isLink ? "link" : isFolder ? "folder" : "file", target });
    if (wants !== undefined && name === wants.name && size > 0) {
      return done(false, await source.take(Math.min(size, wants.mostBytes), true));
    }
    if (entries.length >= bounds.entries || !(await source.skip(padded(header.size)))) return done(true);
  }
}

interface Header {
  name: string;
  size: number;
  type: string;
  target: string;
}

function readHeader(block: Uint8Array): Header {
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 1) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0);
  if (octal(block.subarray(148, 156)) !== sum) throw notTar();
  const isUstar = text(block.subarray(257, 262)) === "ustar";
  const before = isUstar ? text(block.subarray(345, 500)) : "";
  const name = text(block.subarray(0, 100));
  return {
    name: before && block[263] === 0x30 ? `${before}/${name}` : name,
    size: sizeOf(block.subarray(124, 136)),
    type: String.fromCharCode(block[156] || 0x30),
    target: text(block.subarray(157, 257)),
  };
}

function sizeOf(field: Uint8Array): number {
  // GNU writes sizes that 11 octal digits do not hold as a binary number.
  const isBinary = ((field[0] ?? 0) & 0x80) !== 0;
  const size = isBinary
    ? field.subarray(1).reduce((value, byte) => value * 256 + byte, 0)
    : octal(field);
  if (!Number.isSafeInteger(size) || size < 0) throw notTar();
  return size;
}

function octal(field: Uint8Array): number {
  const digits = text(field).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function readPax(bytes: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const length = space === -1 ? Number.NaN : Number.parseInt(text(bytes.subarray(at, space)), 10);
    if (!(length > 0) || at + length > bytes.length) return found;
    const record = new TextDecoder().decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf("=");
    found.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return found;
}

function text(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

const notTar = (): Error => new Error("This is no archive in tar's form.");

/** Bytes in the order in which they arrive, taken in lengths of one's own. */
class Blocks {
  private iterator: AsyncIterator<Uint8Array>;
  private piece: Uint8Array = new Uint8Array(0);
  hasBytes = false;
  isCut = false;

  constructor(
    pieces: AsyncIterable<Uint8Array>,
    private left: number,
  ) {
    this.iterator = pieces[Symbol.asyncIterator]();
  }

  /** undefined at the end, or at the bound; `some`: less than `length` is enough then. */
  async take(length: number, some = false): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0 && (await this.fill())) {
      const part = this.piece.subarray(0, missing);
      this.piece = this.piece.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    if (missing > 0 && !some) return undefined;
    const whole = new Uint8Array(length - missing);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  async skip(length: number): Promise<boolean> {
    let missing = length;
    while (missing > 0) {
      if (!(await this.fill())) return false;
      const some = Math.min(missing, this.piece.length);
      this.piece = this.piece.subarray(some);
      missing -= some;
    }
    return true;
  }

  private async fill(): Promise<boolean> {
    while (this.piece.length === 0) {
      if (this.left <= 0) {
        this.isCut = true;
        return false;
      }
      const next = await this.iterator.next();
      if (next.done) return false;
      this.hasBytes ||= next.value.length > 0;
      this.piece = next.value.subarray(0, this.left);
      this.left -= next.value.length;
    }
    return true;
  }
}
