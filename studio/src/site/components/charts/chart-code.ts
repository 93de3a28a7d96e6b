// The code that draws charts: files of their own, because most pages have none.
import { loadedLater } from "../loaded-later";

export const LinePlot = loadedLater(() => import("./line-plot"));
export const EChart = loadedLater(() => import("./echart"));
export const CanvasChart = loadedLater(() => import("./canvas-chart"));

/** Loads them while the browser has nothing else to do, for a reader who is likely to look at charts next. */
export function loadChartCode(): () => void {
  const load = (): void => {
    void LinePlot.load();
    void EChart.load();
  };
  // Safari had none for long.
  if (!("requestIdleCallback" in globalThis)) {
    const timer = setTimeout(load, 300);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(load);
  return () => cancelIdleCallback(asked);
}
