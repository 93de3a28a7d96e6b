// A content that its writer has packed, and said so in its content encoding.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { bytes } from "../../lib/format";
import { bytesSource, type Source, unpacked } from "../../lib/s3/source";
import { Preview } from "./preview";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 8 << 20;

export function Unpacked({ source, id }: { source: Source; id: string }) {
  const asked = useQuery({
    queryKey: ["s3", "unpacked", id],
    gcTime: 0,
    retry: false,
    queryFn: ({ signal }) => unpacked(source, MOST_BYTES, signal),
  });
  const { data } = asked;
  const inner = useMemo(() => data && bytesSource(source.name, data), [data, source.name]);
  if (asked.error) return <PreviewTrouble error={new Error("This object is said to be packed by gzip, and is not.")} />;
  if (inner === undefined) return <p className="soft preview-note">Unpacking …</p>;
  return (
    <>
      <p className="soft preview-note">
        Unpacked{inner.size === MOST_BYTES ? `, the first ${bytes(MOST_BYTES)}` : ""}: its content encoding is gzip.
      </p>
      <Preview source={inner} id={`${id} unpacked`} />
    </>
  );
}
