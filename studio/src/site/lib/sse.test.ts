import { expect, test } from "vitest";
import { eventReader } from "./sse";

const TEXT = 'event: change\nid: a.1\ndata: [["k","n"]]\n\n:\n\nevent: reset\nid: a.2\ndata: []\n\n';
const EVENTS = [
  { event: "change", id: "a.1", data: '[["k","n"]]' },
  { event: "reset", id: "a.2", data: "[]" },
];

test("events are read whole", () => {
  expect(eventReader()(TEXT)).toEqual(EVENTS);
});

test("events may be cut anywhere", () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const read = eventReader();
    expect([...read(TEXT.slice(0, cut)), ...read(TEXT.slice(cut))]).toEqual(EVENTS);
  }
});
