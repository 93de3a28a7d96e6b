// A text, however large: a window of it at a time, read by a range.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bytes } from "../../lib/format";
import { languageOf } from "../../lib/s3/kinds";
import { textWindow, WINDOW_BYTES } from "../../lib/s3/text-window";
import { CodeView } from "../code-view";
import type { PreviewProps } from "./preview";
import { PreviewTrouble } from "./trouble";

export default function TextPreview({ source, id }: PreviewProps) {
  const [first, setFirst] = useState(0);
  const [wraps, setWraps] = useState(true);
  const shown = useQuery({
    queryKey: ["s3", "text", id, first],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const end = Math.min(first + WINDOW_BYTES, source.size);
      return textWindow(new Uint8Array(await source.read(first, end - 1, signal)), first, source.size);
    },
  });
  if (shown.error) return <PreviewTrouble error={shown.error} />;
  if (shown.data === undefined) return <p className="soft preview-note">Loading …</p>;
  const { text, start, end } = shown.data;
  const isWhole = source.size <= WINDOW_BYTES;
  const last = Math.max(0, source.size - WINDOW_BYTES);
  const go = (to: number, title: string, isOff: boolean) => (
    <button type="button" className="button small" disabled={isOff} onClick={() => setFirst(to)}>
      {title}
    </button>
  );
  return (
    <>
      <div className="row preview-tools">
        {!isWhole && (
          <>
            {go(0, "Start", start === 0)}
            {go(Math.max(0, start - WINDOW_BYTES), "Back", start === 0)}
            {go(end, "On", end >= source.size)}
            {go(last, "End", end >= source.size)}
            <span className="soft" role="status">
              {bytes(start)} to {bytes(end)} of {bytes(source.size)}
            </span>
          </>
        )}
        <button type="button" className="button small" aria-pressed={wraps} onClick={() => setWraps(!wraps)}>
          Wrap lines
        </button>
      </div>
      <CodeView
        key={`${id} ${start}`}
        text={text}
        label="Content"
        wraps={wraps}
        hasNumbers={start === 0}
        {...(isWhole && { language: languageOf(source.name) })}
      />
    </>
  );
}
