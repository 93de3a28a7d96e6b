import { useQuery } from "@tanstack/react-query";
import { number } from "../../lib/format";
import { readNpy } from "../../lib/s3/npy";
import { head } from "../../lib/s3/source";
import { Facts } from "../facts";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 128 * 1024;

export default function ArrayPreview({ source, id }: PreviewProps) {
  const asked = useQuery({
    queryKey: ["s3", "npy", id],
    queryFn: async ({ signal }) => readNpy(await head(source, MOST_BYTES, signal)),
  });
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Loading …</p>;
  const { dtype, shape, count, isFortran, values } = asked.data;
  return (
    <>
      <Facts
        facts={[
          ["Shape", shape.length > 0 ? shape.join(" × ") : "one number"],
          ["Type", dtype],
          ["Values", count.toLocaleString("en")],
          ["Order", isFortran ? "by column (Fortran)" : "by row (C)"],
        ]}
      />
      {values.length > 0 && (
        <div className="array-values">
          <h3>{count > values.length ? `The first ${values.length.toLocaleString("en")} values` : "Values"}</h3>
          <ol className="mono" tabIndex={0} aria-label="Values">
            {values.map((value, index) => (
              <li key={index}>{typeof value === "number" ? number(value) : String(value)}</li>
            ))}
          </ol>
        </div>
      )}
    </>
  );
}
