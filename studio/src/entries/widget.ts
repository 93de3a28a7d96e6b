// Reads frames from a notebook's kernel, with messages.

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

/** Every view of a widget receives all answers. A view recognizes its own answers by the ids of its requests. */
export function widgetSource(model: Model): Source & { close(): void } {
  const waiting = new Map<string, Waiting>();
  const viewId = Math.random().toString(36).slice(2);
  let number = 0;
  const receive = (content: unknown, buffers: readonly DataView[]): void => {
    const { kind, id, why } = content as Reply;
    const request = id === undefined ? undefined : waiting.get(id);
    if (!request || id === undefined) return;
    waiting.delete(id);
    const bytes = buffers[0];
    if (kind === "frame" && bytes) request.resolve(bytes);
    else request.reject(new Error(why ?? "the kernel gave no values"));
  };
  model.on("msg:custom", receive);
  return {
    picture: model.get("picture") as Picture,
    frame: (step, sample) =>
      new Promise((resolve, reject) => {
        const id = `${viewId}-${number++}`;
        waiting.set(id, { resolve, reject });
        model.send({ kind: "frame", id, step, sample });
      }),
    close: () => model.off("msg:custom", receive),
  };
}
