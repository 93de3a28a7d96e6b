// Formats layers, values and steps as text.

import type { Hit } from "./pick";
import { type Head, MEAN, numberOf } from "./frame";
import type { Layer, PictureStep } from "./source";

export function shapeText(layer: Layer): string {
  return layer.shape.length ? layer.shape.join(" × ") : "1";
}

export function stepText(step: PictureStep): string {
  const within = step.mode === "GLOBAL" ? "" : ` · ${step.mode} ${step.mode_step}`;
  return `step ${step.step}${within}`;
}

export function sampleName(sample: number): string {
  return sample === MEAN ? "mean of the batch" : `sample ${sample}`;
}

/** The sample that is shown, and its index in the batch of this step if that differs. */
export function sampleText(head: Pick<Head, "sample" | "batch_index" | "same">): string {
  if (head.sample === MEAN) return sampleName(MEAN);
  if (head.same === false) return `sample ${head.sample}: another image`;
  const elsewhere = head.batch_index !== head.sample;
  return elsewhere ? `sample ${head.sample} (here ${head.batch_index})` : `sample ${head.sample}`;
}

export function valueText(half: number | undefined): string {
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

/** The position of a value in its layer. */
export function unitText(layer: Layer, hit: Hit, classes: readonly string[]): string {
  const at = layer.reduced > 1 ? ` (means of ${layer.reduced} × ${layer.reduced})` : "";
  if (layer.kind === "units") {
    const name = classes[hit.tile];
    return name === undefined ? `unit ${hit.tile}` : `unit ${hit.tile}, ${name}`;
  }
  if (layer.kind === "folded") return `unit ${hit.row * layer.width + hit.column}`;
  const place = `row ${hit.row}, column ${hit.column}${at}`;
  return layer.kind === "maps" ? `map ${hit.tile}, ${place}` : place;
}

export function layerText(layer: Layer): string {
  const hidden = layer.hidden ? ` · ${layer.hidden} more not drawn` : "";
  const module = layer.module ? ` · ${layer.module}` : "";
  return `${layer.name}${module} · ${shapeText(layer)}${hidden}`;
}
