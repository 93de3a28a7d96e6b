// An image, drawn by the browser's decoders. As an image it has no script, whatever it holds.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { bytes } from "../../lib/format";
import { imageType } from "../../lib/s3/kinds";
import { lastName } from "../../lib/s3/address";
import { head } from "../../lib/s3/source";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 32_000_000;

export default function ImagePreview({ source, id }: PreviewProps) {
  const isLarge = source.size > MOST_BYTES;
  const asked = useQuery({
    queryKey: ["s3", "image", id],
    enabled: !isLarge,
    gcTime: 0,
    queryFn: async ({ signal }) =>
      new Blob([new Uint8Array(await head(source, MOST_BYTES, signal))], {
        type: imageType(source.name, source.contentType),
      }),
  });
  const [address, setAddress] = useState("");
  const [size, setSize] = useState("");
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    if (asked.data === undefined) return undefined;
    const made = URL.createObjectURL(asked.data);
    setAddress(made);
    setIsBroken(false);
    return () => URL.revokeObjectURL(made);
  }, [asked.data]);
  if (isLarge) {
    return <p className="soft preview-note">Images up to {bytes(MOST_BYTES)} are shown; this one has {bytes(source.size)}.</p>;
  }
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (isBroken) return <PreviewTrouble error={new Error("The browser can't read this image.")} />;
  return (
    <figure className="image-view">
      {address && (
        <img
          src={address}
          alt={lastName(source.name)}
          onError={() => setIsBroken(true)}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setSize(naturalWidth > 0 ? `${naturalWidth} × ${naturalHeight} pixels` : "")
          }
        />
      )}
      <figcaption className="soft">{size || "Loading …"}</figcaption>
    </figure>
  );
}
