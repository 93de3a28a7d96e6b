// The stream of changes of one session, held open: after a break it goes on where it was.
import { eventReader } from "../lib/sse";

export type ChangeNotice =
  /** Records that have changed, as [kind, name]. */
  | { type: "change"; names: [string, string][] }
  /** Too much was missed: everything is to be read anew. */
  | { type: "reset" }
  | { type: "connected"; connected: boolean }
  | { type: "end" };

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** The server says something every 15 seconds. */
const SILENT_MS = 40_000;

/** Runs until the session has ended or `signal` says so. `tell` is given the position that is reached with a notice. */
export async function followChanges(
  position: string,
  pageKey: string,
  tell: (notice: ChangeNotice, reached: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    signal.addEventListener("abort", stop);
    let silence: ReturnType<typeof setTimeout> | undefined;
    try {
      const response = await fetch("/studio/api/changes", {
        method: "POST",
        headers: { "x-clary-page-key": pageKey },
        body: JSON.stringify({ Position: position }),
        signal: attempt.signal,
      });
      if (response.status === 401) {
        tell({ type: "end" }, position);
        return;
      }
      if (!response.ok || response.body === null) throw new Error(String(response.status));
      const read = eventReader();
      const decoder = new TextDecoder();
      const stream = response.body.getReader();
      tell({ type: "connected", connected: true }, position);
      wait = FIRST_WAIT_MS;
      for (;;) {
        silence = setTimeout(stop, SILENT_MS);
        const { done, value } = await stream.read();
        clearTimeout(silence);
        if (done) break;
        for (const event of read(decoder.decode(value, { stream: true }))) {
          position = event.id;
          if (event.event === "end") {
            tell({ type: "end" }, position);
            return;
          }
          if (event.event === "reset") tell({ type: "reset" }, position);
          const names = JSON.parse(event.data) as [string, string][];
          if (names.length > 0) tell({ type: "change", names }, position);
        }
      }
    } catch {
      // No server, or a broken connection: tried again below.
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", stop);
    }
    if (signal.aborted) return;
    tell({ type: "connected", connected: false }, position);
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}
