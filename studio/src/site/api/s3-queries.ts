// What the pages of S3 ask, by key. Nothing tells of changes in S3: a page reads anew what it has changed.
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { type Row, rowsOf, versionRows } from "../lib/s3/rows";
import { call } from "./call";
import { headObject, listObjects, type ObjectName } from "./s3";

export const PAGE_KEYS = 1_000;

export const bucketList = queryOptions({
  queryKey: ["s3", "buckets"] as const,
  staleTime: 5_000,
  queryFn: async ({ signal }) => {
    const found: { Name: string; CreationDate: number }[] = [];
    let token: string | undefined;
    do {
      const page = await call("s3/ListBuckets", token ? { ContinuationToken: token } : {}, signal);
      found.push(...(page.Buckets ?? []));
      token = page.ContinuationToken;
    } while (token);
    return found;
  },
});

export interface RowPage {
  rows: Row[];
  next: object | undefined;
}

/** folder: what names are shown without; starts: how names have to begin. */
export function objectRows(bucket: string, folder: string, starts: string, versions: boolean) {
  return infiniteQueryOptions({
    queryKey: ["s3", "rows", bucket, folder, starts, versions] as const,
    staleTime: 5_000,
    initialPageParam: undefined as object | undefined,
    getNextPageParam: (last: RowPage) => last.next,
    queryFn: async ({ pageParam, signal }): Promise<RowPage> => {
      const prefix = folder + starts;
      if (!versions) {
        const token = (pageParam as { token?: string } | undefined)?.token;
        const page = await listObjects(bucket, prefix, token, { count: PAGE_KEYS, signal });
        return { rows: rowsOf(page, folder), next: page.next ? { token: page.next } : undefined };
      }
      const asked = { Bucket: bucket, Prefix: prefix, Delimiter: "/", MaxKeys: PAGE_KEYS, ...pageParam };
      const page = await call("s3/ListObjectVersions", asked, signal);
      const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix);
      const rows = versionRows({ prefixes, versions: page.Versions ?? [], markers: page.DeleteMarkers ?? [] }, folder);
      const { NextKeyMarker, NextVersionIdMarker } = page;
      const after = {
        KeyMarker: NextKeyMarker,
        ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }),
      };
      return { rows, next: NextKeyMarker ? after : undefined };
    },
    placeholderData: (previous) => previous,
  });
}

export function objectHead(name: ObjectName) {
  return queryOptions({
    queryKey: ["s3", "head", name.bucket, name.key, name.version] as const,
    staleTime: 5_000,
    queryFn: ({ signal }) => headObject(name, signal),
  });
}

export function objectTags({ bucket, key, version }: ObjectName) {
  return queryOptions({
    queryKey: ["s3", "tags", bucket, key, version] as const,
    queryFn: async ({ signal }) =>
      (
        await call(
          "s3/GetObjectTagging",
          { Bucket: bucket, Key: key, ...(version && { VersionId: version }) },
          signal,
        )
      ).TagSet ?? [],
  });
}

const MOST_VERSIONS = 1_000;

/** The versions of one key, the newest first, with its delete markers. */
export function objectVersions(bucket: string, key: string) {
  return queryOptions({
    queryKey: ["s3", "versions", bucket, key] as const,
    staleTime: 5_000,
    queryFn: async ({ signal }) => {
      const asked = { Bucket: bucket, Prefix: key, MaxKeys: MOST_VERSIONS };
      const page = await call("s3/ListObjectVersions", asked, signal);
      const [versions, markers] = [page.Versions ?? [], page.DeleteMarkers ?? []];
      return versionRows({ prefixes: [], versions, markers }, "").filter((row) => row.key === key);
    },
  });
}

const MOST_UPLOADS = 200;

/** Uploads in parts that nobody has completed: their parts take room, and no list of objects shows them. */
export function unfinishedUploads(bucket: string, folder: string) {
  return queryOptions({
    queryKey: ["s3", "unfinished", bucket, folder] as const,
    staleTime: 5_000,
    queryFn: async ({ signal }) => {
      const asked = { Bucket: bucket, ...(folder && { Prefix: folder }), MaxUploads: MOST_UPLOADS };
      const { Uploads: found = [], IsTruncated: isCut = false } = await call("s3/ListMultipartUploads", asked, signal);
      return { uploads: found, isCut };
    },
  });
}

/** What of an upload has come: the bytes of its first thousand parts. Not read anew: an aborted upload has none. */
export function partsOf(bucket: string, key: string, id: string) {
  return queryOptions({
    queryKey: ["s3-parts", bucket, key, id] as const,
    queryFn: async ({ signal }) => {
      const { Parts: parts = [], IsTruncated: isCut = false } = await call(
        "s3/ListParts",
        { Bucket: bucket, Key: key, UploadId: id },
        signal,
      );
      return { count: parts.length, bytes: parts.reduce((sum, { Size }) => sum + Size, 0), isCut };
    },
  });
}

export function bucketVersioning(bucket: string) {
  return queryOptions({
    queryKey: ["s3", "versioning", bucket] as const,
    queryFn: async ({ signal }) => (await call("s3/GetBucketVersioning", { Bucket: bucket }, signal)).Status ?? "Off",
  });
}

/** After a change in a bucket. */
export function refresh(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: ["s3"] });
}
