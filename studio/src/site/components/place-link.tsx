// A location that can be copied, and opened where it lies in S3.
import { parseLocation } from "../lib/arns";
import { Copyable } from "./copy";

export function PlaceLink({ uri, what }: { uri: string; what: string }) {
  const place = parseLocation(uri);
  return (
    <span className="place">
      <Copyable text={uri} what={what} />
      {place !== undefined && <S3Link uri={uri}>Open in S3</S3Link>}
    </span>
  );
}

/** The page of an object or a folder in the S3 browser. */
export function S3Link({ uri, children }: { uri: string; children: string }) {
  const place = parseLocation(uri);
  if (place === undefined) return children;
  const key = place.key.split("/").map(encodeURIComponent).join("/");
  return <a href={`/studio/s3/${encodeURIComponent(place.bucket)}/${key}`}>{children}</a>;
}
