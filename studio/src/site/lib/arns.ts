// ARNs of what has a page: which one, and under which name.

export interface Arn {
  service: string;
  region: string;
  account: string;
  /** Such as `training-job`. */
  type: string;
  /** What follows the type; for jobs and components, the name in lower case. */
  id: string;
}

export function parseArn(text: string): Arn | undefined {
  const found = /^arn:[^:]+:([^:]+):([^:]*):([^:]*):([^/:]+)\/(.+)$/s.exec(text);
  if (found === null) return undefined;
  const [, service = "", region = "", account = "", type = "", id = ""] = found;
  return { service, region, account, type, id };
}

/** The page's parts of an ARN, `training-job/digits-7`: short enough for an address. */
export function resourceOf(arn: string): string {
  const parsed = parseArn(arn);
  return parsed === undefined ? arn : `${parsed.type}/${parsed.id}`;
}

/** What is between `arn:` and the resource: the same for all of an account. */
export function arnOf(resource: string, { Region, Account }: { Region: string; Account: string }): string {
  return resource.startsWith("arn:") ? resource : `arn:aws:sagemaker:${Region}:${Account}:${resource}`;
}

/** An S3 location as bucket and key; undefined for anything else. */
export function parseLocation(uri: string): { bucket: string; key: string } | undefined {
  const found = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  return found === null ? undefined : { bucket: found[1] ?? "", key: found[2] ?? "" };
}

/** The last part of a location, for where the whole is too long. */
export function lastOf(uri: string): string {
  return uri.replace(/\/+$/, "").split("/").at(-1) ?? uri;
}
