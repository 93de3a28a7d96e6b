// Where a preview reads from: an object of S3, or a file inside an archive.

export interface Source {
  name: string;
  size: number;
  contentType: string;
  /** Both ends included. */
  read: (first: number, last: number, signal?: AbortSignal) => Promise<ArrayBuffer>;
  stream: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

export function bytesSource(name: string, bytes: Uint8Array): Source {
  const whole = new Uint8Array(bytes);
  return {
    name,
    size: whole.length,
    contentType: "",
    read: (first, last) => Promise.resolve(whole.slice(first, last + 1).buffer),
    stream: () => Promise.resolve(new Blob([whole]).stream()),
  };
}

/** The first bytes of a content, or all of a small one. */
export async function head(source: Source, mostBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  // A range of nothing is an error of HTTP.
  if (source.size === 0) return new Uint8Array(0);
  return new Uint8Array(await source.read(0, Math.min(mostBytes, source.size) - 1, signal));
}

/** The beginning of a content that is packed by gzip, unpacked. */
export async function unpacked(source: Source, mostBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const stream = (await source.stream(signal)).pipeThrough(new DecompressionStream("gzip"));
  const whole = new Uint8Array(mostBytes);
  let count = 0;
  for await (const piece of pieces(stream)) {
    const some = piece.subarray(0, mostBytes - count);
    whole.set(some, count);
    count += some.length;
    if (count === mostBytes) break;
  }
  return whole.subarray(0, count);
}

/** Safari has no iteration of streams. Ending it early cancels the stream. */
export async function* pieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
