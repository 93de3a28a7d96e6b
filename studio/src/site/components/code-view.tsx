// A text in CodeMirror: colours, search, and only the visible lines on the page.
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { Language } from "../lib/s3/kinds";

/** Each is loaded with its first text. */
const LANGUAGES: Record<string, () => Promise<Extension>> = {
  json: async () => (await import("@codemirror/lang-json")).json(),
  markdown: async () => (await import("@codemirror/lang-markdown")).markdown(),
  python: async () => (await import("@codemirror/lang-python")).python(),
  yaml: async () => (await import("@codemirror/lang-yaml")).yaml(),
};

const theme = EditorView.theme({
  "&": {
    color: "var(--ink)",
    backgroundColor: "var(--sunken)",
    maxHeight: "var(--code-height, 60vh)",
    fontSize: "0.8125rem",
  },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--ink-soft)", border: "0" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "var(--accent-ground)" },
  ".cm-searchMatch, .cm-selectionMatch": { backgroundColor: "var(--mark)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: "var(--magenta)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--green)" },
  { tag: [tags.number], color: "var(--blue)" },
  { tag: [tags.comment, tags.meta], color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.heading], color: "var(--cyan)" },
  { tag: [tags.heading, tags.strong], fontWeight: "700" },
]);

export function CodeView({
  text,
  language,
  label,
  hasNumbers = true,
  wraps = false,
}: {
  text: string;
  language?: Language;
  label: string;
  /** Whether the first line here is the first of the text. */
  hasNumbers?: boolean;
  wraps?: boolean;
}) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    // In a shadow root it makes its styles by script, which the page's policy allows.
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    const colouring = new Compartment();
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          ...(hasNumbers ? [lineNumbers()] : []),
          drawSelection(),
          highlightSelectionMatches(),
          search({ top: true }),
          keymap.of(searchKeymap),
          syntaxHighlighting(colours),
          theme,
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", role: "textbox", "aria-readonly": "true" }),
          colouring.of([]),
          ...(wraps ? [EditorView.lineWrapping] : []),
        ],
      }),
    });
    let isGone = false;
    void (language && LANGUAGES[language]?.())?.then((known) => {
      if (!isGone) view.dispatch({ effects: colouring.reconfigure(known) });
    });
    return () => {
      isGone = true;
      view.destroy();
    };
  }, [text, language, label, hasNumbers, wraps]);
  return <div ref={host} className="code-view" />;
}
