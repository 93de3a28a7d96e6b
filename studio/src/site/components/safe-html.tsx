// HTML that users wrote, made harmless: no script, no form, nothing from elsewhere, no style of its own.
import DOMPurify from "dompurify";
import { useMemo } from "react";

const OPTIONS = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "input", "button", "select", "textarea", "video", "audio", "source", "picture", "map", "area"],
  FORBID_ATTR: ["style", "id", "name", "class", "srcset", "background", "bgcolor", "border", "ping", "usemap", "tabindex", "accesskey"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: false,
} as const;

/** An instance of its own: hooks are of all who use one. */
const purify = DOMPurify(window);

purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    const isWeb = /^https?:\/\//i.test(node.getAttribute("href") ?? "");
    if (!isWeb) node.removeAttribute("href");
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
  // The page asks nothing of elsewhere: such an image would tell somebody who looks at it.
  if (node.tagName === "IMG" && !/^data:image\//.test(node.getAttribute("src") ?? "")) node.remove();
});

/** The page's policy refuses styles and handlers; where they are parsed, each is a complaint in the console. */
const withoutCode = (html: string): string =>
  html
    .replace(/<style[\s>][\s\S]*?(?:<\/style>|$)/gi, "")
    .replace(/<[a-z][^>]*>/gi, (tag) =>
      tag.replace(/[\s/"'](?:style|on[a-z]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, " "),
    );

export function cleanHtml(html: string): string {
  return purify.sanitize(withoutCode(html), { ...OPTIONS, FORBID_TAGS: [...OPTIONS.FORBID_TAGS], FORBID_ATTR: [...OPTIONS.FORBID_ATTR] });
}

export function SafeHtml({ html, className = "" }: { html: string; className?: string }) {
  const __html = useMemo(() => cleanHtml(html), [html]);
  return <div className={`foreign ${className}`} dangerouslySetInnerHTML={{ __html }} />;
}
