// The content of an artifact that is a file in S3, as the S3 browser shows it.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { sourceOf } from "../../api/s3";
import { objectHead } from "../../api/s3-queries";
import { parseLocation } from "../../lib/arns";
import { Preview } from "../preview/preview";
import { NotShown } from "./logged";
import "../../style/s3.css";

/** uri: of a file. mediaType: what was said of it, where S3 knows nothing better. */
export function ObjectContent({ uri, mediaType }: { uri: string; mediaType: string }) {
  const name = useMemo(() => parseLocation(uri) ?? { bucket: "", key: "" }, [uri]);
  const head = useQuery(objectHead(name));
  const [entry, setEntry] = useState<string>();
  const { ContentLength: size, ContentType: type, ETag: etag } = head.data ?? {};
  const source = useMemo(() => {
    if (size === undefined) return undefined;
    return sourceOf(name, size, type === undefined || type === "binary/octet-stream" ? mediaType : type);
  }, [name, size, type, mediaType]);
  if (head.error) return <NotShown error={head.error} uri={uri} />;
  if (source === undefined) return <div className="logged-space" aria-busy="true" />;
  return <Preview key={etag} id={`${uri} ${etag}`} source={source} entry={entry} onEntry={setEntry} />;
}
