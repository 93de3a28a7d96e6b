// Uploads of this tab: a queue that outlives the page it was begun on.
import { AT_ONCE_BYTES, partsOf } from "../lib/s3/upload-plan";
import { call, pageKey, problemOf, ServerError } from "./call";
import { contentAddress, listObjects } from "./s3";

export type UploadState = "waiting" | "sending" | "exists" | "done" | "failed" | "cancelled";

export interface Upload {
  id: number;
  bucket: string;
  key: string;
  file: File;
  state: UploadState;
  sentBytes: number;
  error: Error | undefined;
}

/** Browsers open six connections to a server: two are left for the page. */
const MOST_AT_A_TIME = 4;
const TRIES = 4;

type Listener = () => void;

class Uploads {
  private items: Upload[] = [];
  private listeners = new Set<Listener>();
  private controls = new Map<number, AbortController>();
  private overwritten = new Set<number>();
  private count = 0;
  private slots = MOST_AT_A_TIME;
  private waiting: Listener[] = [];

  subscribe = (listener: Listener): Listener => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A new array after each change. */
  list = (): Upload[] => this.items;

  get isBusy(): boolean {
    return this.items.some(({ state }) => state === "waiting" || state === "sending");
  }

  add(bucket: string, files: { key: string; file: File }[]): void {
    const added = files.map(({ key, file }): Upload => {
      this.count += 1;
      return { id: this.count, bucket, key, file, state: "waiting", sentBytes: 0, error: undefined };
    });
    this.items = [...this.items, ...added];
    this.tell();
    for (const { id } of added) void this.run(id);
  }

  retry(id: number): void {
    this.change(id, { state: "waiting", sentBytes: 0, error: undefined });
    void this.run(id);
  }

  overwrite(ids: number[]): void {
    for (const id of ids) {
      this.overwritten.add(id);
      this.retry(id);
    }
  }

  cancel(id: number): void {
    this.change(id, { state: "cancelled" });
    this.controls.get(id)?.abort();
  }

  /** Takes away what needs nothing any more. */
  clear(): void {
    this.items = this.items.filter(({ state }) => state === "waiting" || state === "sending");
    this.tell();
  }

  private find(id: number): Upload | undefined {
    return this.items.find((each) => each.id === id);
  }

  private change(id: number, changes: Partial<Upload>): void {
    this.items = this.items.map((each) => (each.id === id ? { ...each, ...changes } : each));
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private async run(id: number): Promise<void> {
    const control = new AbortController();
    this.controls.set(id, control);
    try {
      await this.slot(async () => {
        const upload = this.find(id);
        if (upload?.state !== "waiting") return;
        this.change(id, { state: "sending" });
        const mayOverwrite = this.overwritten.has(id);
        if (!mayOverwrite && (await isThere(upload, control.signal))) this.change(id, { state: "exists" });
        else if (upload.file.size <= AT_ONCE_BYTES) await this.sendAtOnce(upload, mayOverwrite, control.signal);
      });
      const upload = this.find(id);
      // Each part waits for a place of its own.
      if (upload?.state === "sending" && upload.file.size > AT_ONCE_BYTES) {
        await this.sendParts(upload, this.overwritten.has(id), control.signal);
      }
      if (this.find(id)?.state === "sending") this.change(id, { state: "done", sentBytes: upload?.file.size ?? 0 });
    } catch (error) {
      if (this.find(id)?.state === "cancelled") return;
      const exists = error instanceof ServerError && error.status === 412;
      this.change(id, exists ? { state: "exists" } : { state: "failed", error: error as Error });
    } finally {
      this.controls.delete(id);
    }
  }

  private async sendAtOnce(upload: Upload, mayOverwrite: boolean, signal: AbortSignal): Promise<void> {
    await tried(signal, () =>
      send(contentAddress(upload), upload.file, signal, {
        headers: { "content-type": upload.file.type, ...(!mayOverwrite && { "if-none-match": "*" }) },
        onSent: (sentBytes) => this.change(upload.id, { sentBytes }),
      }),
    );
  }

  private async sendParts(upload: Upload, mayOverwrite: boolean, signal: AbortSignal): Promise<void> {
    const named = { Bucket: upload.bucket, Key: upload.key };
    const type = upload.file.type ? { ContentType: upload.file.type } : {};
    // Not broken off: an upload whose id is not known can't be taken back.
    const { UploadId } = await call("s3/CreateMultipartUpload", { ...named, ...type });
    const sent = new Map<number, number>();
    const failure = new AbortController();
    const either = AbortSignal.any([signal, failure.signal]);
    try {
      const Parts = await Promise.all(
        partsOf(upload.file.size).map(({ number, first, end }) =>
          this.slot(() =>
            tried(either, async () => {
              const query = new URLSearchParams({ partNumber: `${number}`, uploadId: UploadId });
              const etag = await send(`${contentAddress(upload)}?${query}`, upload.file.slice(first, end), either, {
                headers: {},
                onSent: (bytes) => {
                  sent.set(number, bytes);
                  this.change(upload.id, { sentBytes: [...sent.values()].reduce((sum, each) => sum + each, 0) });
                },
              });
              return { ETag: etag, PartNumber: number };
            }),
          ),
        ),
      );
      const IfNoneMatch = mayOverwrite ? {} : { IfNoneMatch: "*" };
      await call("s3/CompleteMultipartUpload", { ...named, UploadId, MultipartUpload: { Parts }, ...IfNoneMatch }, signal);
    } catch (error) {
      failure.abort();
      // What has come so far takes room on the server.
      await call("s3/AbortMultipartUpload", { ...named, UploadId }).catch(() => undefined);
      throw error;
    }
  }

  private async slot<T>(work: () => Promise<T>): Promise<T> {
    if (this.slots > 0) this.slots -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.slots += 1;
    }
  }
}

export const uploads = new Uploads();

/** The first key with a prefix is the prefix itself, where there is one. Without the right to list: not known. */
async function isThere({ bucket, key }: Upload, signal: AbortSignal): Promise<boolean> {
  try {
    const { objects } = await listObjects(bucket, key, undefined, { delimiter: "", count: 1, signal });
    return objects[0]?.Key === key;
  } catch (error) {
    if (error instanceof ServerError && error.isDenied) return false;
    throw error;
  }
}

async function tried<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const isRefused = error instanceof ServerError && error.status < 500;
      if (isRefused || signal.aborted || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
    }
  }
}

interface Sending {
  headers: Record<string, string>;
  onSent: (bytes: number) => void;
}

/** Returns the ETag. By XMLHttpRequest: fetch does not tell how much it has sent. */
function send(address: string, body: Blob, signal: AbortSignal, { headers, onSent }: Sending): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = (): void => request.abort();
    request.open("PUT", address);
    request.setRequestHeader("x-clary-page-key", pageKey.get());
    for (const [name, value] of Object.entries(headers)) if (value) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onSent(loaded);
    request.onload = () => {
      const isDone = request.status >= 200 && request.status < 300;
      if (isDone) resolve(request.getResponseHeader("etag") ?? "");
      else reject(problemOf(request.status, request.responseText));
    };
    request.onerror = () => reject(new TypeError("The connection broke off."));
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", stop);
    signal.addEventListener("abort", stop);
    request.send(body);
  });
}
