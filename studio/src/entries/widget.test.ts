import { expect, test } from "vitest";

import { type Model, widgetSource } from "./widget";

type Hear = (content: unknown, buffers: readonly DataView[]) => void;

function kernel(): Model & { asked: { id: string; step: number }[]; say: Hear; ears: Set<Hear> } {
  const ears = new Set<Hear>();
  const asked: { id: string; step: number }[] = [];
  return {
    ears,
    asked,
    get: () => ({ title: "picture" }),
    send: (content) => void asked.push(content as { id: string; step: number }),
    on: (_, call) => void ears.add(call),
    off: (_, call) => void ears.delete(call),
    say: (content, buffers) => ears.forEach((call) => call(content, buffers)),
  };
}

test("answers find their questions in whatever order they come", async () => {
  const model = kernel();
  const source = widgetSource(model);
  const [first, second] = [source.frame(1, 0), source.frame(2, 0)];
  const bytes = [new DataView(new ArrayBuffer(1)), new DataView(new ArrayBuffer(2))] as const;

  model.say({ kind: "frame", id: model.asked[1]!.id }, [bytes[1]]);
  model.say({ kind: "frame", id: model.asked[0]!.id }, [bytes[0]]);

  expect(await first).toBe(bytes[0]);
  expect(await second).toBe(bytes[1]);
});

test("two views of one widget do not take each other's answers", async () => {
  const model = kernel();
  const [one, other] = [widgetSource(model), widgetSource(model)];
  const asked = one.frame(1, 0);
  void other.frame(1, 0);

  expect(new Set(model.asked.map((question) => question.id)).size).toBe(2);
  model.say({ kind: "frame", id: model.asked[0]!.id }, [new DataView(new ArrayBuffer(3))]);
  expect((await asked).byteLength).toBe(3);
});

test("what the kernel can't answer is said with its reason", async () => {
  const model = kernel();
  const asked = widgetSource(model).frame(1, 0);

  model.say({ kind: "failed", id: model.asked[0]!.id, why: "StepUnavailable: step 1 was not saved" }, []);

  await expect(asked).rejects.toThrow("step 1 was not saved");
});

test("a view that is closed hears no more", () => {
  const model = kernel();

  widgetSource(model).close();

  expect(model.ears.size).toBe(0);
});
