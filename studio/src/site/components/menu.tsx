// A menu at the pointer: what can be done with the thing that was clicked with the right button.
import {
  ContextMenu,
  ContextMenuContent,
  ContextMenuItem,
  ContextMenuPortal,
  ContextMenuSeparator,
  ContextMenuTrigger,
} from "@radix-ui/react-context-menu";
import { Fragment, type MouseEvent, type ReactElement, useRef, useState } from "react";
import "../style/menu.css";

export interface MenuAction {
  label: string;
  run: () => void;
  /** The keys that do the same. */
  keys?: string;
  isDanger?: boolean;
  isDisabled?: boolean;
}

export type MenuEntry = MenuAction | "line";

/**
 * Opens on the right button, on the menu key, and on a long touch of `children`.
 * entriesAt: what can be done at an element; without entries no menu is opened.
 */
export function MenuArea({
  entriesAt,
  children,
}: {
  entriesAt: (target: Element) => MenuEntry[];
  children: ReactElement;
}) {
  const [entries, setEntries] = useState<MenuEntry[]>([]);
  const touched = useRef<Element>(undefined);
  const show = (target: EventTarget | undefined): boolean => {
    const found = target instanceof Element ? entriesAt(target) : [];
    setEntries(found);
    return found.length > 0;
  };
  return (
    <ContextMenu
      modal={false}
      onOpenChange={(isOpen) => {
        // A long touch opens it without the event of the right button.
        if (isOpen && touched.current !== undefined) show(touched.current);
        touched.current = undefined;
      }}
    >
      <ContextMenuTrigger
        asChild
        onPointerDown={(event) => {
          touched.current = event.pointerType === "mouse" ? undefined : (event.target as Element);
        }}
        onContextMenu={(event: MouseEvent) => {
          touched.current = undefined;
          if (!show(event.target)) event.preventDefault();
        }}
      >
        {children}
      </ContextMenuTrigger>
      {/* Inside of the page's landmark, so that screen readers find it. */}
      <ContextMenuPortal container={document.getElementById("content")}>
        <ContextMenuContent className="pop-menu" collisionPadding={8}>
          {entries.map((entry, index) =>
            entry === "line" ? (
              <ContextMenuSeparator key={index} className="line" />
            ) : (
              <ContextMenuItem
                key={index}
                className={entry.isDanger ? "danger" : ""}
                disabled={entry.isDisabled ?? false}
                onSelect={entry.run}
              >
                {entry.label}
                {entry.keys === undefined ? <Fragment /> : <kbd>{entry.keys}</kbd>}
              </ContextMenuItem>
            ),
          )}
        </ContextMenuContent>
      </ContextMenuPortal>
    </ContextMenu>
  );
}

/** Opens the menu of an element as its right button does, below the element. */
export function openMenuOf(element: Element): void {
  const { left, bottom } = element.getBoundingClientRect();
  element.dispatchEvent(
    new globalThis.MouseEvent("contextmenu", {
      bubbles: true,
      cancelable: true,
      clientX: left + 8,
      clientY: bottom - 4,
    }),
  );
}
