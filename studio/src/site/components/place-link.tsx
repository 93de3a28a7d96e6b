// A location that can be copied, and opened where it lies in S3.
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { lastOf, parseLocation } from "../lib/arns";
import { addressOf } from "../lib/s3/address";
import { Copyable } from "./copy";
import "../style/place.css";

export function PlaceLink({ uri, what }: { uri: string; what: string }) {
  return (
    <span className="place">
      <Copyable text={uri} what={what} />
      {parseLocation(uri) !== undefined && <S3Link uri={uri}>Open in S3</S3Link>}
    </span>
  );
}

/** The page of an object or a folder in the S3 browser. A location without an ending is a folder, as jobs write them. */
export function S3Link({ uri, children }: { uri: string; children: ReactNode }) {
  const place = parseLocation(uri);
  if (place === undefined) return children;
  const isFolder = place.key !== "" && !place.key.endsWith("/") && !lastOf(uri).includes(".");
  return (
    <Link
      to="/s3/$bucket"
      params={{ bucket: place.bucket }}
      search={addressOf(isFolder ? { ...place, key: `${place.key}/` } : place)}
    >
      {children}
    </Link>
  );
}
