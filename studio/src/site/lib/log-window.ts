// The lines of a log that are in memory: pieces of it around what is seen, the longest unseen dropped first.
export interface LogLine {
  /** Of the streams that were asked for. */
  stream: number;
  atMs: number;
  text: string;
}

export const PIECE = 500;
const MOST_PIECES = 40;

export class LogWindow {
  /** In the order of their last use. */
  private readonly pieces = new Map<number, LogLine[]>();
  private readonly old = new Set<number>();

  constructor(private readonly most = MOST_PIECES) {}

  line(number: number): LogLine | undefined {
    return this.pieces.get(Math.floor(number / PIECE))?.[number % PIECE];
  }

  /** The numbers of the pieces that lines from first to before end need and that are not here, or not as they are now. */
  missing(first: number, end: number, total: number): number[] {
    const wanted: number[] = [];
    const last = Math.min(end, total) - 1;
    for (let piece = Math.floor(Math.max(first, 0) / PIECE); piece <= Math.floor(last / PIECE); piece += 1) {
      const held = this.pieces.get(piece);
      const needed = Math.min(PIECE, total - piece * PIECE);
      if (held === undefined || this.old.has(piece) || held.length < needed) wanted.push(piece);
      if (held !== undefined) this.use(piece, held);
    }
    return wanted;
  }

  /** The number of the first line of a piece that has to be read. */
  start(piece: number): number {
    return piece * PIECE + (this.old.has(piece) ? 0 : (this.pieces.get(piece)?.length ?? 0));
  }

  /** Lines from a number on, as the server has answered them. Numbers that retention has emptied stay empty. */
  put(first: number, lines: readonly (LogLine & { number: number })[], end: number): void {
    for (let piece = Math.floor(first / PIECE); piece * PIECE < end; piece += 1) {
      const held = this.old.has(piece) ? [] : [...(this.pieces.get(piece) ?? [])];
      for (let number = Math.max(first, piece * PIECE); number < Math.min(end, (piece + 1) * PIECE); number += 1) {
        held[number % PIECE] = EMPTY;
      }
      this.old.delete(piece);
      this.use(piece, held);
    }
    for (const { number, ...line } of lines) {
      const held = this.pieces.get(Math.floor(number / PIECE));
      if (held !== undefined) held[number % PIECE] = line;
    }
    while (this.pieces.size > this.most) this.drop(this.pieces.keys().next().value as number);
  }

  /** Lines of several hosts may come late, before others: what is here stays to be seen until it is read anew. */
  age(): void {
    for (const piece of this.pieces.keys()) this.old.add(piece);
  }

  get size(): number {
    return [...this.pieces.values()].reduce((sum, piece) => sum + piece.length, 0);
  }

  private use(piece: number, lines: LogLine[]): void {
    this.pieces.delete(piece);
    this.pieces.set(piece, lines);
  }

  private drop(piece: number): void {
    this.pieces.delete(piece);
    this.old.delete(piece);
  }
}

const EMPTY: LogLine = { stream: 0, atMs: 0, text: "" };
