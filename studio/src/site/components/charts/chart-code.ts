// The code that draws charts: files of their own, because most pages have none.
export const linePlot = () => import("./line-plot");
export const eChart = () => import("./echart");

/** Loads them while the browser has nothing else to do, for a reader who is likely to look at charts next. */
export function loadChartCode(): () => void {
  const load = (): void => {
    void linePlot();
    void eChart();
  };
  // Safari had none for long.
  if (!("requestIdleCallback" in globalThis)) {
    const timer = setTimeout(load, 300);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(load);
  return () => cancelIdleCallback(asked);
}
