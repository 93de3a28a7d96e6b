// The colours of values: negative values are blue, positive ones orange, and zero is close to the background.
// People who can't distinguish red and green can distinguish these.

export type Rgb = readonly [number, number, number];

export interface Theme {
  readonly dark: boolean;
  readonly background: string;
  /** The colours from -1 to 1, at equal distances. */
  readonly scale: readonly Rgb[];
  readonly notANumber: Rgb;
  readonly absent: Rgb;
  readonly line: Rgb;
  readonly accent: Rgb;
}

export const DARK: Theme = {
  dark: true,
  background: "#0d1017",
  scale: ["#b8dcff", "#5aa2ff", "#2a63d6", "#22365f", "#1c222d", "#5c3a1e", "#d0641c", "#ff9f3d", "#ffe3a0"].map(rgb),
  notANumber: rgb("#ff2fb9"),
  absent: rgb("#12161f"),
  line: rgb("#3a4354"),
  accent: rgb("#ffffff"),
};

export const LIGHT: Theme = {
  dark: false,
  background: "#fafaf7",
  scale: ["#0b2a66", "#1d53b5", "#4f8ce8", "#a9c8f2", "#e4e4de", "#f4c79b", "#ec8b3a", "#bf4f0c", "#6b2302"].map(rgb),
  notANumber: rgb("#d6008f"),
  absent: rgb("#f1f1ec"),
  line: rgb("#b9bcc4"),
  accent: rgb("#11141a"),
};

/** The colour of a value. scale: the absolute value with full colour. */
export function colourOf(value: number, scale: number, theme: Theme): Rgb {
  if (Number.isNaN(value)) return theme.notANumber;
  const stops = theme.scale;
  const share = Math.max(-1, Math.min(1, value / scale));
  const place = ((share + 1) / 2) * (stops.length - 1);
  const before = Math.min(Math.floor(place), stops.length - 2);
  const from = stops[before]!;
  const to = stops[before + 1]!;
  const part = place - before;
  return [0, 1, 2].map((at) => from[at]! + (to[at]! - from[at]!) * part) as unknown as Rgb;
}

/** The whole scale as a CSS gradient, from left to right. */
export function gradient(theme: Theme): string {
  return `linear-gradient(to right, ${theme.scale.map(css).join(", ")})`;
}

export function css(colour: Rgb): string {
  return `rgb(${colour.map((part) => Math.round(part * 255)).join(" ")})`;
}

export function rgb(hex: string): Rgb {
  const bits = Number.parseInt(hex.slice(1), 16);
  return [(bits >> 16) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}
