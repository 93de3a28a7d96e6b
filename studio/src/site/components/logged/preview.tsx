// The content of an artifact that is a picture or a text.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { textAt } from "../../api/components";
import { readObject } from "../../api/s3";
import { parseLocation } from "../../lib/arns";
import { previewOf } from "../../lib/component";
import { NotShown } from "./logged";

const MOST_IMAGE_BYTES = 16 << 20;

export function PreviewOf({ uri, mediaType, name }: { uri: string; mediaType: string; name: string }) {
  return previewOf(uri, mediaType) === "image" ? <Picture uri={uri} name={name} /> : <Text uri={uri} name={name} />;
}

function Text({ uri, name }: { uri: string; name: string }) {
  const asked = useQuery(textAt(uri));
  if (asked.error) return <NotShown error={asked.error} uri={uri} />;
  if (asked.isPending) return <div className="logged-space" aria-busy="true" />;
  return (
    <>
      {/* Keys scroll it. */}
      <pre className="code preview-text" tabIndex={0} aria-label={`Content of ${name}`}>
        {asked.data.text}
      </pre>
      {asked.data.isCut && <p className="soft">Only its beginning is shown.</p>}
    </>
  );
}

function Picture({ uri, name }: { uri: string; name: string }) {
  const [address, setAddress] = useState<string>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const control = new AbortController();
    let made: string | undefined;
    const place = parseLocation(uri);
    if (place === undefined) return undefined;
    readObject(place, { range: { first: 0, last: MOST_IMAGE_BYTES - 1 }, signal: control.signal })
      .then((content) => {
        // Without a type, as the browser finds it: an image element draws pictures only, and runs nothing.
        made = URL.createObjectURL(new Blob([content]));
        setAddress(made);
      })
      .catch((reason: unknown) => {
        if (!control.signal.aborted) setError(reason instanceof Error ? reason : new Error(String(reason)));
      });
    return () => {
      control.abort();
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [uri]);
  if (error) return <NotShown error={error} uri={uri} />;
  if (address === undefined) return <div className="logged-space" aria-busy="true" />;
  return (
    <img
      className="preview-image"
      src={address}
      alt={name}
      onError={() => setError(new Error("The file is no picture that this browser can draw, or it is larger than 16 MB."))}
    />
  );
}
