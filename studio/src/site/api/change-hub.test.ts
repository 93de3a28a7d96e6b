import { expect, test } from "vitest";
import type { ChangeNotice } from "./change-feed";
import { ChangeHub, type Tab } from "./change-hub";

interface Stream {
  position: string;
  pageKey: string;
  tell: (notice: ChangeNotice, reached: string) => void;
  signal: AbortSignal;
}

/** A hub, and the streams that it has opened. */
function hub(): { hub: ChangeHub; streams: Stream[] } {
  const streams: Stream[] = [];
  const follow = async (
    position: string,
    pageKey: string,
    tell: Stream["tell"],
    signal: AbortSignal,
  ): Promise<void> => {
    streams.push({ position, pageKey, tell, signal });
  };
  return { hub: new ChangeHub(follow), streams };
}

class Told implements Tab {
  readonly notices: ChangeNotice[] = [];
  postMessage(notice: ChangeNotice): void {
    this.notices.push(notice);
  }
}

const CHANGE: ChangeNotice = { type: "change", names: [["training-job", "x"]] };

function only(streams: Stream[]): Stream {
  expect(streams).toHaveLength(1);
  return streams[0] as Stream;
}

test("tabs of one session share a stream, and each is told", () => {
  const { hub: tabs, streams } = hub();
  const [first, second] = [new Told(), new Told()];
  tabs.join(first, "b.1", "key");
  tabs.join(second, "b.1", "key");

  only(streams).tell(CHANGE, "b.2");

  expect(first.notices).toEqual([CHANGE]);
  expect(second.notices).toEqual([{ type: "connected", connected: false }, CHANGE]);
});

test("the stream lasts while a tab is there, and ends with the last one", () => {
  const { hub: tabs, streams } = hub();
  const [first, second] = [new Told(), new Told()];
  tabs.join(first, "b.1", "key");
  tabs.join(second, "b.1", "key");

  tabs.leave(first);
  expect(only(streams).signal.aborted).toBe(false);
  tabs.leave(second);

  expect(only(streams).signal.aborted).toBe(true);
});

test("a tab that comes after the last has left opens a stream of its own", () => {
  const { hub: tabs, streams } = hub();
  const first = new Told();
  tabs.join(first, "b.1", "key");
  tabs.leave(first);

  tabs.join(new Told(), "b.7", "key");

  expect(streams.map(({ position, signal }) => [position, signal.aborted])).toEqual([
    ["b.1", true],
    ["b.7", false],
  ]);
});

test("another session ends the stream of the one before, which tells nothing any more", () => {
  const { hub: tabs, streams } = hub();
  const tab = new Told();
  tabs.join(tab, "b.1", "key");
  tabs.join(tab, "b.2", "another");

  const [before] = streams as [Stream];
  before.tell(CHANGE, "b.3");

  expect(before.signal.aborted).toBe(true);
  expect(streams).toHaveLength(2);
  expect(tab.notices).toEqual([]);
});

test("after the end of a session its next sign-in opens a stream", () => {
  const { hub: tabs, streams } = hub();
  const tab = new Told();
  tabs.join(tab, "b.1", "key");
  only(streams).tell({ type: "end" }, "b.1");

  tabs.join(tab, "b.4", "key");

  expect(streams.map(({ position }) => position)).toEqual(["b.1", "b.4"]);
});

test.each([
  ["b.4", true],
  ["b.5", false],
  ["b.6", false],
  // Of the server before a restart.
  ["a.9", true],
])("a tab that has read at %s, after b.5 was told, reads anew: %s", (position, anew) => {
  const { hub: tabs, streams } = hub();
  tabs.join(new Told(), "b.1", "key");
  only(streams).tell(CHANGE, "b.5");
  const late = new Told();

  tabs.join(late, position, "key");

  expect(late.notices.some(({ type }) => type === "reset")).toBe(anew);
});
