// Names of objects, as people write them, and the address of a page that shows them.

export interface Place {
  bucket: string;
  /** A prefix when it ends with "/", or is empty. */
  key: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads `s3://bucket/key` or an ARN of S3; undefined for what is neither. */
export function readPlace(text: string): Place | undefined {
  const trimmed = text.trim();
  const found = /^(?:s3:\/\/|arn:aws[a-z-]*:s3:::)([^/]+)(?:\/(.*))?$/s.exec(trimmed);
  const [, bucket, key = ""] = found ?? [];
  return bucket !== undefined && BUCKET.test(bucket) ? { bucket, key } : undefined;
}

export function uriOf({ bucket, key }: Place): string {
  return `s3://${bucket}/${key}`;
}

export function arnOf({ bucket, key }: Place): string {
  return key ? `arn:aws:s3:::${bucket}/${key}` : `arn:aws:s3:::${bucket}`;
}

/** A command that brings an object, or all below a prefix, into the folder where one stands. */
export function copyCommand(place: Place): string {
  const isFolder = place.key === "" || place.key.endsWith("/");
  const last = lastName(place.key) || place.bucket;
  return isFolder
    ? `aws s3 cp --recursive ${quoted(uriOf(place))} ${quoted(`./${last}`)}`
    : `aws s3 cp ${quoted(uriOf(place))} ./`;
}

function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The last name in a key: of a folder, without its slash. */
export function lastName(key: string): string {
  return key.replace(/\/$/, "").split("/").at(-1) ?? "";
}

export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}

/** The folders above and at a prefix: their names, and the prefix of each. */
export function crumbsOf(prefix: string): { name: string; prefix: string }[] {
  const parts = folderOf(prefix).split("/").slice(0, -1);
  // Keys may contain "//": a folder without a name.
  return parts.map((name, index) => ({
    name: name || "(no name)",
    prefix: `${parts.slice(0, index + 1).join("/")}/`,
  }));
}

export type ObjectSort = "name" | "size" | "modified";
export type ObjectPart = "preview" | "details" | "versions";

/** What stands in the address of a bucket's page. */
export interface S3Address {
  /** The folder that is shown. In the query: browsers would take ".." and "//" out of a path. */
  prefix?: string | undefined;
  /** Names that begin so. */
  starts?: string | undefined;
  /** The object that is open. */
  key?: string | undefined;
  version?: string | undefined;
  part?: ObjectPart | undefined;
  by?: ObjectSort | undefined;
  descending?: boolean | undefined;
  /** Versions and delete markers stand in the list. */
  versions?: boolean | undefined;
  /** The list of unfinished uploads is open. */
  unfinished?: boolean | undefined;
  /** A file inside the archive that is open. */
  entry?: string | undefined;
}

export function readS3Address(raw: Record<string, unknown>): S3Address {
  // A router reads "2024" as a number, and `true` as a truth.
  const text = (name: string): string | undefined => {
    const value = raw[name];
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? String(value) || undefined
      : undefined;
  };
  const oneOf = <T extends string>(name: string, values: readonly T[]): T | undefined =>
    values.find((each) => each === raw[name]);
  return {
    prefix: text("prefix"),
    starts: text("starts"),
    key: text("key"),
    version: text("version"),
    part: oneOf("part", ["details", "versions"]),
    by: oneOf("by", ["size", "modified"]),
    descending: raw["descending"] === true ? true : undefined,
    versions: raw["versions"] === true ? true : undefined,
    unfinished: raw["unfinished"] === true ? true : undefined,
    entry: text("entry"),
  };
}

/** The parameters of the page that shows a place. */
export function addressOf({ key }: Place): S3Address {
  const isFolder = key === "" || key.endsWith("/");
  return { prefix: folderOf(key) || undefined, key: isFolder ? undefined : key };
}
