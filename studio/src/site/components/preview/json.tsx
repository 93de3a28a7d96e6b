// JSON as a tree that opens where one wants to look.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { head } from "../../lib/s3/source";
import type { PreviewProps } from "./preview";
import TextPreview from "./text";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 8_000_000;
const STEP = 100;
/** Of a text in the tree. */
const MOST_TEXT = 1_000;

export default function JsonPreview(props: PreviewProps) {
  const { source, id } = props;
  const isLarge = source.size > MOST_BYTES;
  const asked = useQuery({
    queryKey: ["s3", "json", id],
    enabled: !isLarge,
    queryFn: async ({ signal }) => {
      const text = new TextDecoder().decode(await head(source, MOST_BYTES, signal));
      try {
        return { value: JSON.parse(text) as unknown };
      } catch {
        return null;
      }
    },
  });
  // A text that is too large for a tree, or no JSON for all its name, is still a text.
  if (isLarge || asked.data === null) return <TextPreview {...props} />;
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Loading …</p>;
  return (
    <div className="json-tree mono" role="group" aria-label="Content" tabIndex={0}>
      <Node name="" value={asked.data.value} isOpen />
    </div>
  );
}

function Node({ name, value, isOpen = false }: { name: string; value: unknown; isOpen?: boolean }) {
  const [open, setOpen] = useState(isOpen);
  const [count, setCount] = useState(STEP);
  const label = name !== "" && <span className="json-name">{name}: </span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className="json-leaf">
        {label}
        <Leaf value={value} />
      </div>
    );
  }
  const isList = Array.isArray(value);
  const children = Object.entries(value);
  const summary = isList ? `[${children.length}]` : `{${children.length}}`;
  return (
    <div>
      <button type="button" className="json-open" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden="true">{open ? "▾" : "▸"}</span> {label}
        <span className="soft">{summary}</span>
      </button>
      {open && (
        <div className="json-children">
          {children.slice(0, count).map(([key, child]) => (
            <Node key={key} name={key} value={child} />
          ))}
          {children.length > count && (
            <button type="button" className="button small" onClick={() => setCount(count + STEP * 5)}>
              Show more of {children.length.toLocaleString("en")}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") {
    return <span className="json-text">"{value.length > MOST_TEXT ? `${value.slice(0, MOST_TEXT)}…` : value}"</span>;
  }
  return <span className={typeof value === "number" ? "json-number" : "json-word"}>{String(value)}</span>;
}
