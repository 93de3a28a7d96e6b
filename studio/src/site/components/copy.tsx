import { useState } from "react";

/** Returns whether a text could be copied: a page that is not on loopback or TLS has no clipboard. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function useCopied(): [string, (text: string) => void] {
  const [said, say] = useState("");
  return [
    said,
    (text) => {
      void copied(text).then((done) => {
        say(done ? "Copied" : "Select the text to copy it");
        setTimeout(() => say(""), 2_000);
      });
    },
  ];
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [said, copy] = useCopied();
  return (
    <button type="button" className="button" onClick={() => copy(text)}>
      <span role="status">{said || label}</span>
    </button>
  );
}

/** A text with a small button that copies it. */
export function Copyable({ text, what }: { text: string; what: string }) {
  const [said, copy] = useCopied();
  return (
    <span className="copyable">
      <span className="mono">{text}</span>
      <button type="button" className="icon-button" title={`Copy ${what}`} onClick={() => copy(text)}>
        <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.5">
          {said ? (
            <path d="M3 8.5 6.5 12 13 4.5" />
          ) : (
            <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" strokeLinejoin="round" />
          )}
        </svg>
        <span className="hidden-text">Copy {what}</span>
        <span className="hidden-text" role="status">
          {said}
        </span>
      </button>
    </span>
  );
}
