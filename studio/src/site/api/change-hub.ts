// The tabs that share one stream of changes: the first opens it, the last to leave ends it.
import type { ChangeNotice, followChanges } from "./change-feed";

/** A tab, as far as it is told something. */
export interface Tab {
  postMessage(notice: ChangeNotice): void;
}

export class ChangeHub {
  private readonly tabs = new Set<Tab>();
  private pageKey = "";
  private position = "";
  private connected = false;
  private current = new AbortController();

  constructor(private readonly follow: typeof followChanges) {}

  /** position: of the stream, when the tab began to read what it shows. pageKey: of its session. */
  join(tab: Tab, position: string, pageKey: string): void {
    this.tabs.add(tab);
    if (pageKey !== this.pageKey) {
      // Another key is another session: the stream of before tells what its caller may see.
      this.open(position, pageKey);
      return;
    }
    tab.postMessage({ type: "connected", connected: this.connected });
    if (isBehind(position, this.position)) tab.postMessage({ type: "reset" });
  }

  /** A browser may keep the worker for a while after its last tab. The server should not keep the stream. */
  leave(tab: Tab): void {
    this.tabs.delete(tab);
    if (this.tabs.size > 0) return;
    this.current.abort();
    this.pageKey = "";
  }

  private open(position: string, pageKey: string): void {
    this.current.abort();
    this.current = new AbortController();
    this.pageKey = pageKey;
    this.position = position;
    this.connected = false;
    const { signal } = this.current;
    const tell = (notice: ChangeNotice, reached: string): void => {
      if (!signal.aborted) this.tell(notice, reached);
    };
    void this.follow(position, pageKey, tell, signal);
  }

  private tell(notice: ChangeNotice, reached: string): void {
    this.position = reached;
    if (notice.type === "connected") this.connected = notice.connected;
    if (notice.type === "end") this.pageKey = "";
    for (const tab of this.tabs) tab.postMessage(notice);
  }
}

/** Whether something was told before a tab came that is newer than what it shows. */
function isBehind(position: string, told: string): boolean {
  const [boot, number] = position.split(".");
  const [toldBoot, toldNumber] = told.split(".");
  return boot !== toldBoot || Number(number) < Number(toldNumber);
}
