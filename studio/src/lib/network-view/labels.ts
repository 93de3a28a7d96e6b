// Labels: HTML elements that are kept at the screen positions of layers and units.

import { type PerspectiveCamera, Vector3 } from "three";

import { type Arrangement, heightOf, tileCentre, widthOf } from "./arrange";
import type { Picture } from "./source";
import { shapeText } from "./text";

interface Label {
  readonly element: HTMLElement;
  readonly place: Vector3;
  /** Of two labels that overlap, the one with more weight is shown. */
  weight: number;
  readonly layer: number;
  readonly beside: boolean;
  width: number;
  height: number;
}

const MAX_NAMES = 20;

export class Labels {
  readonly element = document.createElement("div");
  readonly #labels: Label[] = [];
  readonly #units = new Map<number, Label>();
  #only: number | null = null;

  /** names: by number of layer, the same as in the list of layers. */
  constructor(picture: Picture, arrangement: Arrangement, names: ReadonlyMap<number, string>) {
    this.element.className = "labels";
    const last = picture.layers.length - 1;
    for (const panel of arrangement.panels) {
      const layer = picture.layers[panel.layer]!;
      const text = document.createElement("div");
      text.className = "label";
      text.append(span("name", names.get(panel.layer) ?? layer.title), span("shape", shapeText(layer)));
      const place = new Vector3(panel.x, panel.y - heightOf(panel) / 2 - 0.3, 0);
      const folded = names.get(panel.layer) !== layer.title;
      const weight = panel.layer === 0 || panel.layer === last ? 2 : folded ? 1.5 : 1;
      this.#add({ element: text, place, weight, layer: panel.layer, beside: false, width: 0, height: 0 });
      if (layer.name !== picture.prediction || panel.columns > 1 || layer.count > MAX_NAMES) continue;
      for (let unit = 0; unit < layer.count; unit++) {
        const name = document.createElement("div");
        name.className = "unit";
        const [y, z] = tileCentre(panel, unit);
        const beside = new Vector3(panel.x, y, z + widthOf(panel) / 2 + 0.15);
        const label = { element: name, place: beside, weight: 0, layer: panel.layer, beside: true, width: 0, height: 0 };
        this.#units.set(unit, label);
        this.#add(label);
      }
    }
  }

  /** Writes the names and probabilities of classes next to the units of the last layer. */
  showClasses(classes: readonly string[], predicted: string | null, top: readonly (readonly [string, number])[]): void {
    const shares = new Map(top);
    for (const [unit, label] of this.#units) {
      const { element } = label;
      const name = classes[unit] ?? String(unit);
      const share = shares.get(name);
      const text = share !== undefined && share >= 0.01 ? `${name}  ${Math.round(share * 100)} %` : name;
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle("chosen", name === predicted);
      label.weight = name === predicted ? 3 : 0;
    }
    this.#labels.sort((one, other) => other.weight - one.weight);
    for (const label of this.#labels) label.width = 0;
  }

  /** Shows the labels of one layer only; with null, of all layers. */
  only(layer: number | null): void {
    this.#only = layer;
  }

  /** Moves every label to its position on the screen. Hides labels that overlap others. */
  place(camera: PerspectiveCamera, width: number, height: number): void {
    const taken: [number, number, number, number][] = [];
    for (const label of this.#labels) {
      if (!label.width) {
        label.width = label.element.offsetWidth;
        label.height = label.element.offsetHeight;
      }
      const seen = label.place.clone().project(camera);
      const x = ((seen.x + 1) / 2) * width - (label.beside ? 0 : label.width / 2);
      const y = ((1 - seen.y) / 2) * height - (label.beside ? label.height / 2 : 0);
      const box: [number, number, number, number] = [x, y, x + label.width, y + label.height];
      const wanted = this.#only === null || this.#only === label.layer;
      const inside = wanted && seen.z < 1 && box[2] > 0 && box[0] < width && box[3] > 0 && box[1] < height;
      const free = inside && !taken.some((other) => overlap(box, other));
      if (free) taken.push(box);
      label.element.style.visibility = free ? "visible" : "hidden";
      if (free) label.element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
  }

  #add(label: Label): void {
    this.#labels.push(label);
    this.element.append(label.element);
  }
}

function overlap(a: readonly number[], b: readonly number[]): boolean {
  const gap = 2;
  return a[0]! < b[2]! + gap && b[0]! < a[2]! + gap && a[1]! < b[3]! && b[1]! < a[3]!;
}

function span(name: string, text: string): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
