import { expect, test } from "vitest";

import { type Model, widgetSource } from "./widget";

type Listener = (content: unknown, buffers: readonly DataView[]) => void;

function kernel(): Model & { asked: { id: string; step: number }[]; answer: Listener; listeners: Set<Listener> } {
  const listeners = new Set<Listener>();
  const asked: { id: string; step: number }[] = [];
  return {
    listeners,
    asked,
    get: () => ({ title: "picture" }),
    send: (content) => void asked.push(content as { id: string; step: number }),
    on: (_, call) => void listeners.add(call),
    off: (_, call) => void listeners.delete(call),
    answer: (content, buffers) => listeners.forEach((call) => call(content, buffers)),
  };
}

test("answers are matched to their requests in any order", async () => {
  const model = kernel();
  const source = widgetSource(model);
  const [first, second] = [source.frame(1, 0), source.frame(2, 0)];
  const bytes = [new DataView(new ArrayBuffer(1)), new DataView(new ArrayBuffer(2))] as const;

  model.answer({ kind: "frame", id: model.asked[1]!.id }, [bytes[1]]);
  model.answer({ kind: "frame", id: model.asked[0]!.id }, [bytes[0]]);

  expect(await first).toBe(bytes[0]);
  expect(await second).toBe(bytes[1]);
});

test("a view ignores the answers to another view of the same widget", async () => {
  const model = kernel();
  const [one, other] = [widgetSource(model), widgetSource(model)];
  const asked = one.frame(1, 0);
  void other.frame(1, 0);

  expect(new Set(model.asked.map((request) => request.id)).size).toBe(2);
  model.answer({ kind: "frame", id: model.asked[0]!.id }, [new DataView(new ArrayBuffer(3))]);
  expect((await asked).byteLength).toBe(3);
});

test("an error of the kernel rejects the request with its reason", async () => {
  const model = kernel();
  const asked = widgetSource(model).frame(1, 0);

  model.answer({ kind: "failed", id: model.asked[0]!.id, why: "StepUnavailable: step 1 was not saved" }, []);

  await expect(asked).rejects.toThrow("step 1 was not saved");
});

test("a closed view receives no more messages", () => {
  const model = kernel();

  widgetSource(model).close();

  expect(model.listeners.size).toBe(0);
});
