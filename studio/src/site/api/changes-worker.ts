// One stream for all tabs: a browser opens six connections to a server, and ten tabs would wait for each other.
/// <reference lib="webworker" />
import { followChanges } from "./change-feed";
import { ChangeHub } from "./change-hub";

export type TabMessage = { type: "open"; position: string; pageKey: string } | { type: "close" };

const hub = new ChangeHub(followChanges);

(self as unknown as SharedWorkerGlobalScope).onconnect = (event) => {
  const [tab] = event.ports;
  if (tab === undefined) return;
  tab.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (data.type === "close") hub.leave(tab);
    else hub.join(tab, data.position, data.pageKey);
  };
};
