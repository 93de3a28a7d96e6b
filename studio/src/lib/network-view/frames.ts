// Caches frames and removes the least recently used ones. A frame is not requested twice at the same time.

import { type Frame, parseFrame } from "./frame";
import type { Source } from "./source";

export class Frames {
  readonly #source: Source;
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Frame>();
  readonly #coming = new Map<string, Promise<Frame>>();
  #bytes = 0;

  constructor(source: Source, maxBytes = 256 * 2 ** 20) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  async get(step: number, sample: number): Promise<Frame> {
    const key = `${step}/${sample}`;
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return kept;
    }
    const coming = this.#coming.get(key) ?? this.#ask(key, step, sample);
    return coming;
  }

  #ask(key: string, step: number, sample: number): Promise<Frame> {
    const coming = this.#source
      .frame(step, sample)
      .then((content) => this.#keep(key, parseFrame(content)))
      // A failure is not cached: the next call requests the frame again.
      .finally(() => this.#coming.delete(key));
    this.#coming.set(key, coming);
    return coming;
  }

  #keep(key: string, frame: Frame): Frame {
    this.#kept.set(key, frame);
    this.#bytes += frame.halves.byteLength;
    for (const [oldest, old] of this.#kept) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) break;
      this.#kept.delete(oldest);
      this.#bytes -= old.halves.byteLength;
    }
    return frame;
  }
}
