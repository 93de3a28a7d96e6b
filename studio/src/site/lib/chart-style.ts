// What charts on a canvas have in common: axes and tips in the colours of the theme.
type Colour = (token: string) => string;

export function axisOf(colour: Colour, more: object = {}) {
  return {
    axisLine: { lineStyle: { color: colour("--line-strong") } },
    axisTick: { lineStyle: { color: colour("--line-strong") } },
    axisLabel: { color: colour("--ink-soft"), fontSize: 12, hideOverlap: true },
    nameTextStyle: { color: colour("--ink-soft"), fontSize: 12 },
    splitLine: { show: false },
    ...more,
  };
}

/** As text on the canvas: HTML in a name would be HTML in the page. */
export function tipOf(colour: Colour, formatter: (value: { value: unknown; dataIndex: number; seriesName?: string }) => string) {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: colour("--raised"),
    borderColor: colour("--line-strong"),
    textStyle: { color: colour("--ink"), fontSize: 12, fontFamily: "system-ui, sans-serif" },
    // Braces begin a style in rich text.
    formatter: (value: { value: unknown; dataIndex: number; seriesName?: string }) => formatter(value).replaceAll("{", "(").replaceAll("|", "¦"),
  };
}

const LIGHT = ["#f6f7f9", "#c9dcf2", "#86b3e0", "#3f83c9", "#0b5fb8", "#083a78"];
const DARK = ["#141a22", "#16304b", "#1f5a93", "#3d8bd6", "#8cc4ff", "#e3f1ff"];
const LIGHT_BOTH = ["#0b2a66", "#1d53b5", "#4f8ce8", "#a9c8f2", "#f4f4f0", "#f4c79b", "#ec8b3a", "#bf4f0c", "#6b2302"];
const DARK_BOTH = ["#b8dcff", "#5aa2ff", "#2a63d6", "#22365f", "#1c222d", "#5c3a1e", "#d0641c", "#ff9f3d", "#ffe3a0"];

const isDark = (): boolean => document.documentElement.dataset["theme"] === "dark";

/** From nothing to much. */
export function amounts(): string[] {
  return isDark() ? DARK : LIGHT;
}

/** Below zero blue, above orange, as in the network view. */
export function bothWays(): string[] {
  return isDark() ? DARK_BOTH : LIGHT_BOTH;
}
