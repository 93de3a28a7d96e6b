// The rows of a listing: folders, objects, and with versions shown, versions and delete markers.
import type { ObjectPage } from "../../api/s3";
import type { ObjectVersion } from "../../api/s3-operations";
import type { ObjectSort } from "./address";

export interface Row {
  id: string;
  kind: "folder" | "object" | "marker";
  /** Without the folder that is shown. */
  name: string;
  key: string;
  size: number | undefined;
  modified: number | undefined;
  storageClass: string;
  version: string | undefined;
  isLatest: boolean;
}

const folderRow = (prefix: string, folder: string): Row => ({
  id: `folder ${prefix}`,
  kind: "folder",
  name: prefix.slice(folder.length),
  key: prefix,
  size: undefined,
  modified: undefined,
  storageClass: "",
  version: undefined,
  isLatest: true,
});

/** folder: its own marker, an object with the folder's name, is not shown in it. */
export function rowsOf(page: ObjectPage, folder: string): Row[] {
  const objects = page.objects
    .filter(({ Key }) => Key !== folder)
    .map(
      ({ Key, Size, LastModified, StorageClass }): Row => ({
        id: `object ${Key}`,
        kind: "object",
        name: Key.slice(folder.length),
        key: Key,
        size: Size,
        modified: LastModified,
        storageClass: StorageClass ?? "STANDARD",
        version: undefined,
        isLatest: true,
      }),
    );
  return [...page.prefixes.map((prefix) => folderRow(prefix, folder)), ...objects];
}

export interface VersionPage {
  prefixes: string[];
  versions: ObjectVersion[];
  markers: ObjectVersion[];
}

export function versionRows(page: VersionPage, folder: string): Row[] {
  const row = (kind: "object" | "marker") => (version: ObjectVersion): Row => ({
    id: `${kind} ${version.Key} ${version.VersionId}`,
    kind,
    name: version.Key.slice(folder.length),
    key: version.Key,
    size: version.Size,
    modified: version.LastModified,
    storageClass: "",
    version: version.VersionId,
    isLatest: version.IsLatest,
  });
  const all = [...page.versions.map(row("object")), ...page.markers.map(row("marker"))];
  return [
    ...page.prefixes.map((prefix) => folderRow(prefix, folder)),
    ...all.filter(({ key }) => key !== folder).sort((one, other) => byName(one, other) || newest(one, other)),
  ];
}

const byName = (one: Row, other: Row): number => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
const newest = (one: Row, other: Row): number => (other.modified ?? 0) - (one.modified ?? 0);

/** Folders stand first, in the order of their names. */
export function sorted(rows: Row[], sort: ObjectSort, descending: boolean): Row[] {
  const turn = descending ? -1 : 1;
  // As the server sends them: its pages follow each other in this order.
  if (sort === "name" && !descending) return partition(rows);
  const order = (one: Row, other: Row): number =>
    sort === "name"
      ? byName(one, other)
      : ((sort === "size" ? one.size : one.modified) ?? 0) - ((sort === "size" ? other.size : other.modified) ?? 0);
  return partition([...rows].sort((one, other) => turn * (order(one, other) || byName(one, other))));
}

function partition(rows: Row[]): Row[] {
  return [...rows.filter(({ kind }) => kind === "folder"), ...rows.filter(({ kind }) => kind !== "folder")];
}

/** The ids from one row to another, both included, as a shift-click selects them. */
export function between(rows: Row[], one: string, other: string): string[] {
  const [first, last] = [one, other].map((id) => rows.findIndex((row) => row.id === id)).sort((a, b) => a - b);
  return first === undefined || last === undefined || first < 0
    ? [other]
    : rows.slice(first, last + 1).map(({ id }) => id);
}
