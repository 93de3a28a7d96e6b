// How a file is sent: at once, or in parts.

export const MIB = 1 << 20;
/** Files above are sent in parts: a part that fails is sent again, not all. */
export const AT_ONCE_BYTES = 16 * MIB;
const PART_BYTES = 8 * MIB;
/** S3's own limit. */
const MOST_PARTS = 10_000;

export interface Part {
  number: number;
  first: number;
  /** Not included. */
  end: number;
}

export function partsOf(size: number): Part[] {
  const length = Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS / MIB) * MIB);
  return Array.from({ length: Math.ceil(size / length) }, (_, index) => ({
    number: index + 1,
    first: index * length,
    end: Math.min(size, (index + 1) * length),
  }));
}

/** The key of a file below a folder. `path`: of the file in a folder that was chosen, or its name. */
export function keyFor(folder: string, path: string): string {
  return `${folder}${path.replace(/^\/+/, "")}`;
}
