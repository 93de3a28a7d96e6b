// What has changed on the server, told to this tab.
import { type ChangeNotice, followChanges } from "./change-feed";
import type { TabMessage } from "./changes-worker";

/** Returns a function that ends it. */
export function watchChanges(
  position: string,
  pageKey: string,
  tell: (notice: ChangeNotice) => void,
): () => void {
  if (typeof SharedWorker === "undefined") {
    // Browsers of phones: a stream for each tab.
    const control = new AbortController();
    void followChanges(position, pageKey, tell, control.signal);
    return () => control.abort();
  }
  const worker = new SharedWorker(new URL("./changes-worker.ts", import.meta.url), {
    type: "module",
    name: "clary-changes",
  });
  const send = (message: TabMessage): void => worker.port.postMessage(message);
  worker.port.onmessage = ({ data }: MessageEvent<ChangeNotice>) => tell(data);
  worker.port.start();
  send({ type: "open", position, pageKey });
  const close = (): void => send({ type: "close" });
  addEventListener("pagehide", close, { once: true });
  return () => {
    removeEventListener("pagehide", close);
    close();
    worker.port.close();
  };
}
