// Plain links that lead to pages of Studio, followed by the router: one listener for all links of a list.
import { useRouter } from "@tanstack/react-router";
import { type MouseEvent, useMemo } from "react";

const BASE = import.meta.env.BASE_URL.replace(/\/$/, "");

/** The address of a page for such a link. path: with `$name` in it. */
export function pageAddress(path: string, name: string): string {
  return BASE + path.replace("$name", encodeURIComponent(name));
}

/** Handlers for the element around the links. A page is loaded beforehand when the pointer is over its link. */
export function useLinkClicks() {
  const router = useRouter();
  return useMemo(() => {
    const hrefOf = (target: EventTarget): string | undefined => {
      const link = (target as Element).closest<HTMLAnchorElement>("a[href]");
      return link === null || link.origin !== location.origin ? undefined : link.pathname + link.search;
    };
    return {
      onClick: (event: MouseEvent): void => {
        const href = hrefOf(event.target);
        // Another button or a key with it: the browser's own ways, such as another tab.
        const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
        if (href === undefined || !isPlain || event.defaultPrevented) return;
        event.preventDefault();
        router.history.push(href);
      },
      onMouseOver: (event: MouseEvent): void => {
        const href = hrefOf(event.target);
        if (href === undefined) return;
        const { pathname, search } = new URL(href, location.origin);
        const to = pathname.replace(BASE, "");
        void router.preloadRoute({ to: `${to}${search}` } as never).catch(() => undefined);
      },
    };
  }, [router]);
}
