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
  let leave = join(position, pageKey, tell);
  const onHide = (): void => leave();
  // A page that comes back as it was left has missed what was told meanwhile.
  const onShow = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) leave = join(position, pageKey, tell);
  };
  addEventListener("pagehide", onHide);
  addEventListener("pageshow", onShow);
  return () => {
    removeEventListener("pagehide", onHide);
    removeEventListener("pageshow", onShow);
    leave();
  };
}

/** Joins the tabs that share a stream; returns a function that leaves them. */
function join(position: string, pageKey: string, tell: (notice: ChangeNotice) => void): () => void {
  const { port } = new SharedWorker(new URL("./changes-worker.ts", import.meta.url), {
    type: "module",
    name: "clary-changes",
  });
  const send = (message: TabMessage): void => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<ChangeNotice>) => tell(data);
  port.start();
  send({ type: "open", position, pageKey });
  return () => {
    send({ type: "close" });
    port.close();
  };
}
