// S3 for pages: operations in JSON as of every service, and contents as bytes.
import type { Source } from "../lib/s3/source";
import { call, pageKey, post, problemOf } from "./call";

export interface S3Object {
  Key: string;
  Size: number;
  /** Epoch seconds. */
  LastModified: number;
  ETag: string;
  StorageClass?: string;
}

export interface ObjectPage {
  /** Names that end with the delimiter, whole: with the prefix. */
  prefixes: string[];
  objects: S3Object[];
  next: string | undefined;
}

/** One page of a listing, in the order of the keys. `delimiter` "" lists all keys below. */
export async function listObjects(
  bucket: string,
  prefix: string,
  token?: string,
  { delimiter = "/", count = 1_000, signal }: { delimiter?: string; count?: number; signal?: AbortSignal } = {},
): Promise<ObjectPage> {
  const found = await call(
    "s3/ListObjectsV2",
    {
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: count,
      ...(delimiter && { Delimiter: delimiter }),
      ...(token && { ContinuationToken: token }),
    },
    signal,
  );
  return {
    prefixes: (found.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
    objects: found.Contents ?? [],
    next: found.NextContinuationToken,
  };
}

export interface ObjectName {
  bucket: string;
  key: string;
  version?: string | undefined;
}

const named = ({ bucket, key, version }: ObjectName) => ({
  Bucket: bucket,
  Key: key,
  ...(version && { VersionId: version }),
});

export function headObject(name: ObjectName, signal?: AbortSignal) {
  return call("s3/HeadObject", { ...named(name), ChecksumMode: "ENABLED" }, signal);
}

/** First and last byte, both included; `last` may lie beyond the end. */
export interface ByteRange {
  first: number;
  last: number;
}

/** The answer to a read: its body is a stream. Rejects with ServerError. */
export async function openObject(
  name: ObjectName,
  { range, signal }: { range?: ByteRange; signal?: AbortSignal } = {},
): Promise<Response> {
  const query = name.version ? `?versionId=${encodeURIComponent(name.version)}` : "";
  const response = await fetch(contentAddress(name) + query, {
    headers: {
      "x-clary-page-key": pageKey.get(),
      ...(range && { range: `bytes=${range.first}-${range.last}` }),
    },
    ...(signal && { signal }),
  });
  if (!response.ok) throw problemOf(response.status, await response.text());
  return response;
}

/** A content in memory: bound it with a range. */
export async function readObject(
  name: ObjectName,
  options: { range?: ByteRange; signal?: AbortSignal } = {},
): Promise<ArrayBuffer> {
  return (await openObject(name, options)).arrayBuffer();
}

export interface ReadText {
  text: string;
  /** Whether more than the wanted bytes are there. */
  isCut: boolean;
}

/** The beginning of a text in UTF-8. */
export async function readText(name: ObjectName, mostBytes: number, signal?: AbortSignal): Promise<ReadText> {
  const response = await openObject(name, { ...(signal && { signal }) });
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let left = mostBytes;
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) return { text: text + decoder.decode(), isCut: false };
    const value = piece.value as Uint8Array;
    text += decoder.decode(value.subarray(0, left), { stream: true });
    if (value.length > left) {
      await reader?.cancel();
      return { text, isCut: true };
    }
    left -= value.length;
  }
}

/** An address that the browser saves as a file: for a few minutes, and in this session only. */
export async function downloadLink(name: ObjectName): Promise<string> {
  return ((await post("download-link", named(name))) as { Address: string }).Address;
}

/** Has the browser save an object. Rejects with ServerError where the caller may not read it. */
export async function download(name: ObjectName): Promise<void> {
  const link = document.createElement("a");
  link.href = await downloadLink(name);
  link.download = "";
  link.click();
}

export function contentAddress({ bucket, key }: ObjectName): string {
  return `/studio/api/s3/${encodeURIComponent(bucket)}/${encodeURIComponent(key)}`;
}

export interface DeletedObjects {
  deleted: number;
  /** With versioning on: taking these away brings the objects back. */
  markers: { Key: string; VersionId: string }[];
  errors: { Key: string; Code: string; Message: string }[];
}

const MOST_DELETED = 1_000;

/** Without a version: the objects, or with versioning on, a delete marker for each. */
export async function deleteObjects(
  bucket: string,
  objects: { Key: string; VersionId?: string }[],
  signal?: AbortSignal,
): Promise<DeletedObjects> {
  const done: DeletedObjects = { deleted: 0, markers: [], errors: [] };
  for (let from = 0; from < objects.length; from += MOST_DELETED) {
    const Objects = objects.slice(from, from + MOST_DELETED);
    const answer = await call("s3/DeleteObjects", { Bucket: bucket, Delete: { Objects } }, signal);
    done.deleted += answer.Deleted?.length ?? 0;
    for (const { Key, DeleteMarkerVersionId } of answer.Deleted ?? []) {
      if (DeleteMarkerVersionId) done.markers.push({ Key, VersionId: DeleteMarkerVersionId });
    }
    done.errors.push(...(answer.Errors ?? []));
  }
  return done;
}

/** An object as previews read it. */
export function sourceOf(name: ObjectName, size: number, contentType: string): Source {
  return {
    name: name.key,
    size,
    contentType,
    read: (first, last, signal) => readObject(name, { range: { first, last }, ...(signal && { signal }) }),
    stream: async (signal) => (await openObject(name, { signal })).body ?? new Blob().stream(),
  };
}
