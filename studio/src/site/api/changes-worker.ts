// One stream for all tabs: a browser opens six connections to a server, and ten tabs would wait for each other.
/// <reference lib="webworker" />
import { type ChangeNotice, followChanges } from "./change-feed";

export type TabMessage = { type: "open"; position: string; pageKey: string } | { type: "close" };

const tabs = new Set<MessagePort>();
let pageKey = "";
let connected = false;
let current = new AbortController();

function open(position: string, key: string): void {
  current.abort();
  current = new AbortController();
  pageKey = key;
  connected = false;
  const { signal } = current;
  void followChanges(position, key, (notice) => signal.aborted || tell(notice), signal);
}

function tell(notice: ChangeNotice): void {
  if (notice.type === "connected") connected = notice.connected;
  if (notice.type === "end") pageKey = "";
  for (const tab of tabs) tab.postMessage(notice);
}

(self as unknown as SharedWorkerGlobalScope).onconnect = (event) => {
  const [tab] = event.ports;
  if (tab === undefined) return;
  tabs.add(tab);
  tab.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (data.type === "close") {
      tabs.delete(tab);
      return;
    }
    // Another key is another session: the stream of before tells what its caller may see.
    if (data.pageKey !== pageKey) open(data.position, data.pageKey);
    else tab.postMessage({ type: "connected", connected } satisfies ChangeNotice);
  };
};
