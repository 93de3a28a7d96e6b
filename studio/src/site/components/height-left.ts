import { type RefObject, useLayoutEffect, useState } from "react";

const LEAST_HEIGHT = 320;
const BELOW_PX = 42;

/** Pixels from an element's top to the end of the window: what stands above it may come and go. */
export function useHeightLeft(box: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(() => innerHeight);
  useLayoutEffect(() => {
    const measure = (): void => {
      if (box.current === null) return;
      const top = box.current.getBoundingClientRect().top + scrollY;
      setHeight(Math.max(LEAST_HEIGHT, Math.round(innerHeight - top - BELOW_PX)));
    };
    measure();
    // Not with each drawing: to measure costs a layout, and scrolling draws each frame.
    const watch = new ResizeObserver(measure);
    watch.observe(document.body);
    addEventListener("resize", measure);
    return () => {
      watch.disconnect();
      removeEventListener("resize", measure);
    };
  }, [box]);
  return height;
}
