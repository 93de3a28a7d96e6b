// What many changes in a row ask for is done once a second at most.
const BETWEEN_MS = 1_000;

const waiting = new Set<string>();
const doneAt = new Map<string, number>();

/** Does it now, or a second after it was done last. what: the same text for what need not be done twice. */
export function soon(what: string, run: () => void): void {
  if (waiting.has(what)) return;
  waiting.add(what);
  const since = Date.now() - (doneAt.get(what) ?? 0);
  setTimeout(() => {
    waiting.delete(what);
    doneAt.set(what, Date.now());
    run();
  }, Math.max(0, BETWEEN_MS - since));
}
