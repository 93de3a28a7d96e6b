// What hosts, their logs and their processes are called.

/** `job/algo-1-1790000000` is the log stream of algo-1. */
export function hostOf(stream: string): string {
  return stream.slice(stream.indexOf("/") + 1).replace(/-\d{10,}$/, "");
}

/**
 * A title for each log stream: its host. A host that a job of this name has started before has a stream for each
 * start, and its later ones are numbered.
 */
export function streamTitles(streams: readonly string[]): string[] {
  const startedAt = (stream: string): number => Number(/\d{10,}$/.exec(stream)?.[0] ?? 0);
  return streams.map((stream) => {
    const host = hostOf(stream);
    const earlier = streams.filter((each) => hostOf(each) === host && startedAt(each) < startedAt(stream));
    return earlier.length === 0 ? host : `${host}, start ${earlier.length + 1}`;
  });
}

/**
 * The title of each process of a profile, which is named `<number>-<host>`: its host, and its place there where the
 * host has several.
 */
export function processTitles(processes: Iterable<string>): Map<string, string> {
  const byHost = new Map<string, { process: string; number: number }[]>();
  for (const process of new Set(processes)) {
    const [, number, host] = /^(\d+)-(.+)$/.exec(process) ?? [undefined, "0", process];
    byHost.set(host ?? process, [...(byHost.get(host ?? process) ?? []), { process, number: Number(number) }]);
  }
  const titles = new Map<string, string>();
  for (const [host, found] of byHost) {
    found.sort((one, other) => one.number - other.number);
    for (const [place, { process }] of found.entries()) {
      titles.set(process, found.length === 1 ? host : `${host}, process ${place + 1}`);
    }
  }
  return titles;
}
