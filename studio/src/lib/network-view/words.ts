// How layers, values and steps are said.

import type { Hit } from "./pick";
import { type Head, numberOf } from "./frame";
import type { Layer, Moment } from "./source";

export function shapeOf(layer: Layer): string {
  return layer.shape.length ? layer.shape.join(" × ") : "1";
}

export function momentOf(moment: Moment): string {
  const within = moment.mode === "GLOBAL" ? "" : ` · ${moment.mode} ${moment.mode_step}`;
  return `step ${moment.step}${within}`;
}

/** Which sample is shown, and where it lies in the batch of this step. */
export function sampleOf(head: Pick<Head, "sample" | "place" | "same">): string {
  if (head.same === false) return `sample ${head.sample}: another image`;
  return head.place === head.sample ? `sample ${head.sample}` : `sample ${head.sample} (here ${head.place})`;
}

export function valueOf(half: number | undefined): string {
  const value = half === undefined ? null : numberOf(half);
  if (value === null) return "not saved";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return short(value);
}

export function short(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(+value.toPrecision(4));
  return text.replace("-", "−");
}

/** Which unit of its layer lies there. */
export function unitOf(layer: Layer, hit: Hit, classes: readonly string[]): string {
  const at = layer.reduced > 1 ? ` (means of ${layer.reduced} × ${layer.reduced})` : "";
  if (layer.kind === "units") {
    const name = classes[hit.tile];
    return name === undefined ? `unit ${hit.tile}` : `unit ${hit.tile}, ${name}`;
  }
  if (layer.kind === "folded") return `unit ${hit.row * layer.width + hit.column}`;
  const place = `row ${hit.row}, column ${hit.column}${at}`;
  return layer.kind === "maps" ? `map ${hit.tile}, ${place}` : place;
}

export function aboutLayer(layer: Layer): string {
  const hidden = layer.hidden ? ` · ${layer.hidden} more not drawn` : "";
  const module = layer.module ? ` · ${layer.module}` : "";
  return `${layer.name}${module} · ${shapeOf(layer)}${hidden}`;
}
