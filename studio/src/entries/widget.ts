// The values of a step from a notebook's kernel, by messages.

import type { Picture, Source } from "../lib/network-view";

/** The part of anywidget's model that is used here. */
export interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: "msg:custom", call: (content: unknown, buffers: readonly DataView[]) => void): void;
  off(event: "msg:custom", call: (content: unknown, buffers: readonly DataView[]) => void): void;
}

interface Reply {
  readonly kind?: string;
  readonly id?: string;
  readonly why?: string;
}

interface Waiting {
  resolve(content: ArrayBufferView): void;
  reject(error: Error): void;
}

/** Answers go to every view of a widget, so each knows its own questions by their ids. */
export function widgetSource(model: Model): Source & { close(): void } {
  const waiting = new Map<string, Waiting>();
  const own = Math.random().toString(36).slice(2);
  let number = 0;
  const hear = (content: unknown, buffers: readonly DataView[]): void => {
    const { kind, id, why } = content as Reply;
    const asker = id === undefined ? undefined : waiting.get(id);
    if (!asker || id === undefined) return;
    waiting.delete(id);
    const bytes = buffers[0];
    if (kind === "frame" && bytes) asker.resolve(bytes);
    else asker.reject(new Error(why ?? "the kernel gave no values"));
  };
  model.on("msg:custom", hear);
  return {
    picture: model.get("picture") as Picture,
    frame: (step, sample) =>
      new Promise((resolve, reject) => {
        const id = `${own}-${number++}`;
        waiting.set(id, { resolve, reject });
        model.send({ kind: "frame", id, step, sample });
      }),
    close: () => model.off("msg:custom", hear),
  };
}
