// The scene of three.js: one draw call each for all maps, all units, the image, and the lines.

import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  DataTexture,
  FloatType,
  GLSL3,
  IntType,
  type IUniform,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  NearestFilter,
  PlaneGeometry,
  RawShaderMaterial,
  RedIntegerFormat,
  RGBAFormat,
  Scene,
  UnsignedShortType,
  Vector2,
  Vector3,
} from "three";

import { type Arrangement, heightOf, type Panel, widthOf } from "./arrange";
import type { Rgb, Theme } from "./colours";
import { ABSENT, type Head } from "./frame";
import { instancesOf, repeated } from "./instances";
import { DATA_WIDTH, IMAGE_FRAGMENT, MAP_FRAGMENT, MAP_VERTEX, UNIT_FRAGMENT, UNIT_VERTEX } from "./shaders";
import type { Layer, Picture } from "./source";

/** Samples per pixel in each direction. */
const STILL = 4;
const MOVING = 2;
const LINE_OPACITY = 0.5;

export class Drawing {
  readonly scene = new Scene();
  readonly #data: DataTexture;
  readonly #halves: Uint16Array;
  readonly #layers: DataTexture;
  readonly #ranges: Float32Array;
  readonly #uniforms: Record<string, IUniform>;
  readonly #lines: LineBasicMaterial;
  readonly #arcs: LineBasicMaterial;
  readonly #connections: LineSegments[] = [];
  readonly #disposables: { dispose(): void }[] = [];

  /** connections: (from, to) numbers of layers in the arrangement. */
  constructor(picture: Picture, arrangement: Arrangement, connections: readonly (readonly [number, number])[], theme: Theme) {
    const height = Math.max(1, Math.ceil(picture.size / DATA_WIDTH));
    this.#halves = new Uint16Array(DATA_WIDTH * height).fill(ABSENT);
    this.#data = new DataTexture(this.#halves, DATA_WIDTH, height, RedIntegerFormat, UnsignedShortType);
    this.#data.internalFormat = "R16UI";
    this.#ranges = new Float32Array(picture.layers.length * 4).fill(1);
    this.#layers = new DataTexture(this.#ranges, picture.layers.length, 1, RGBAFormat, FloatType);
    for (const texture of [this.#data, this.#layers]) {
      texture.minFilter = texture.magFilter = NearestFilter;
      texture.needsUpdate = true;
      this.#disposables.push(texture);
    }
    this.#uniforms = {
      data: { value: this.#data },
      layers: { value: this.#layers },
      stops: { value: [] },
      notANumber: { value: new Vector3() },
      absent: { value: new Vector3() },
      accent: { value: new Vector3() },
      hovered: { value: new Vector2(-1, -1) },
      only: { value: -1 },
      finest: { value: STILL },
      planes: { value: picture.input ? (picture.layers[0]?.count ?? 1) : 1 },
    };
    const shapes: [(layer: Layer) => boolean, BufferGeometry, string, string][] = [
      [(layer) => !["image", "units"].includes(layer.kind), new PlaneGeometry(), MAP_VERTEX, MAP_FRAGMENT],
      [(layer) => layer.kind === "image", new PlaneGeometry(), MAP_VERTEX, IMAGE_FRAGMENT],
      [(layer) => layer.kind === "units", new BoxGeometry(), UNIT_VERTEX, UNIT_FRAGMENT],
    ];
    for (const [chosen, shape, vertex, fragment] of shapes) {
      const instances = instancesOf(arrangement, picture.layers, chosen);
      if (instances.count > 0) this.#add(instances, shape, vertex, fragment);
      shape.dispose();
    }
    this.#lines = new LineBasicMaterial({ transparent: true, opacity: LINE_OPACITY });
    this.#arcs = new LineBasicMaterial({ transparent: true, opacity: LINE_OPACITY });
    for (const [points, material] of [
      [linesOf(arrangement, connections), this.#lines],
      [arcsOf(arrangement, connections), this.#arcs],
    ] as const) {
      const lines = new BufferGeometry();
      lines.setAttribute("position", new BufferAttribute(new Float32Array(points), 3));
      this.#connections.push(new LineSegments(lines, material));
      this.#disposables.push(material, lines);
    }
    this.scene.add(...this.#connections);
    this.paint(theme);
  }

  /** Shows the values of a frame. scales: for each layer, the absolute value with full colour. */
  show(halves: Uint16Array, head: Head, scales: readonly number[]): void {
    this.#halves.set(halves.subarray(0, this.#halves.length));
    this.#data.needsUpdate = true;
    scales.forEach((scale, at) => this.#ranges.set([scale || 1, head.lows[at] ?? 0, head.highs[at] ?? 1], at * 4));
    this.#layers.needsUpdate = true;
  }

  hover(layer: number, tile: number): void {
    (this.#uniforms.hovered!.value as Vector2).set(layer, tile);
  }

  /** Uses fewer samples per pixel while the camera moves, so that the movement is smooth. */
  moving(on: boolean): void {
    this.#uniforms.finest!.value = on ? MOVING : STILL;
  }

  /** Lines are one pixel wide as drawn. Where the browser makes one pixel of four, they are drawn twice as dark. */
  halved(on: boolean): void {
    this.#lines.opacity = on ? 2 * LINE_OPACITY : LINE_OPACITY;
    this.#arcs.opacity = on ? 2 * LINE_OPACITY : LINE_OPACITY;
  }

  /** Draws one layer only; with null, all layers. */
  only(layer: number | null): void {
    this.#uniforms.only!.value = layer ?? -1;
    for (const each of this.#connections) each.visible = layer === null;
  }

  paint(theme: Theme): void {
    this.scene.background = new Color(theme.background);
    this.#uniforms.stops!.value = theme.scale.map((stop) => new Vector3(...stop));
    const set = (name: string, colour: Rgb): void => void (this.#uniforms[name]!.value as Vector3).set(...colour);
    set("notANumber", theme.notANumber);
    set("absent", theme.absent);
    set("accent", theme.accent);
    this.#lines.color.setRGB(...theme.line, "srgb");
    this.#arcs.color.setRGB(...theme.accent, "srgb");
  }

  dispose(): void {
    for (const each of this.#disposables) each.dispose();
  }

  #add(instances: ReturnType<typeof instancesOf>, shape: BufferGeometry, vertex: string, fragment: string): void {
    // Not as instances of the shape: SwiftShader draws one instance after the other, 2,048 maps in 30 ms in place of 5,
    // and a graphics processor does not fill its units with four corners either.
    const geometry = new BufferGeometry();
    const corners = shape.getAttribute("position").count;
    for (const name of ["position", "normal"]) {
      const base = shape.getAttribute(name).array as Float32Array;
      const all = new Float32Array(base.length * instances.count);
      for (let at = 0; at < all.length; at += base.length) all.set(base, at);
      geometry.setAttribute(name, new BufferAttribute(all, 3));
    }
    const index = shape.index!.array;
    const indexes = new Uint32Array(index.length * instances.count);
    for (let at = 0; at < indexes.length; at++) {
      indexes[at] = index[at % index.length]! + corners * Math.floor(at / index.length);
    }
    geometry.setIndex(new BufferAttribute(indexes, 1));
    const add = (name: string, array: Float32Array | Uint32Array, size: number): void => {
      const attribute = new BufferAttribute(repeated(array, size, corners), size);
      if (array instanceof Uint32Array) attribute.gpuType = IntType;
      geometry.setAttribute(name, attribute);
    };
    add("place", instances.places, 3);
    add("size", instances.sizes, 2);
    add("values", instances.values, 4);
    add("tile", instances.tiles, 1);
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      uniforms: this.#uniforms,
      vertexShader: vertex,
      fragmentShader: fragment,
      side: 2,
    });
    const mesh = new Mesh(geometry, material);
    // The shader moves the corners, so three.js can't know by them what is visible.
    mesh.frustumCulled = false;
    this.scene.add(mesh);
    this.#disposables.push(geometry, material);
  }
}

/** Connections that skip layers, such as residuals: arcs above the layers between. */
function arcsOf(arrangement: Arrangement, connections: readonly (readonly [number, number])[]): number[] {
  const places = new Map(arrangement.panels.map((panel, place) => [panel.layer, place]));
  return connections.flatMap(([from, to]) => {
    const one = places.get(from);
    const other = places.get(to);
    return one === undefined || other === undefined || other - one < 2 ? [] : arc(arrangement.panels.slice(one, other + 1));
  });
}

/** The borders of panels, and lines for the connections of neighbours. */
function linesOf(arrangement: Arrangement, connections: readonly (readonly [number, number])[]): number[] {
  const points: number[] = [];
  const known = new Set(connections.map((connection) => connection.join()));
  let at = 0;
  for (const count of arrangement.perRow) {
    const row = arrangement.panels.slice(at, at + count);
    row.forEach((panel, place) => {
      points.push(...frameOf(panel));
      const next = row[place + 1];
      if (next && known.has(`${panel.layer},${next.layer}`)) points.push(panel.x, panel.y, 0, next.x, panel.y, 0);
    });
    const last = row.at(-1);
    const first = arrangement.panels[at + count];
    if (last && first && known.has(`${last.layer},${first.layer}`)) points.push(...turn(last, first, row));
    at += count;
  }
  return points;
}

const ARC_STEPS = 24;

/** An arc above the layers between its ends; a straight line if the ends are in different rows. */
function arc(panels: readonly Panel[]): number[] {
  const [from, to] = [panels[0]!, panels.at(-1)!];
  if (from.y !== to.y) return [from.x, from.y, 0, to.x, to.y, 0];
  const start = from.y + heightOf(from) / 2;
  const end = to.y + heightOf(to) / 2;
  const top = Math.max(...panels.map((panel) => panel.y + heightOf(panel) / 2)) + 0.35 + 0.06 * panels.length;
  const at = (part: number): number[] => {
    const base = start + (end - start) * part;
    return [from.x + (to.x - from.x) * part, base + (top - base) * (1 - (2 * part - 1) ** 4), 0];
  };
  return Array.from({ length: ARC_STEPS }, (_, step) => [...at(step / ARC_STEPS), ...at((step + 1) / ARC_STEPS)]).flat();
}

function frameOf(panel: Panel): number[] {
  const margin = 0.12;
  const y = heightOf(panel) / 2 + margin;
  const z = widthOf(panel) / 2 + margin;
  const corners = [[y, -z], [y, z], [-y, z], [-y, -z]].map(([up, along]) => [panel.x, panel.y + up!, along!]);
  return corners.flatMap((corner, number) => [...corner, ...corners[(number + 1) % 4]!]);
}

/** A line from the end of a row to the start of the next, below the layers of the row. */
function turn(last: Panel, first: Panel, row: readonly Panel[]): number[] {
  const below = last.y - Math.max(...row.map(heightOf)) / 2 - 0.9;
  const end = last.x + 1.2;
  const start = first.x - 1.2;
  const path = [
    [last.x, last.y], [end, last.y], [end, below], [start, below], [start, first.y], [first.x, first.y],
  ] as const;
  return path.slice(1).flatMap((to, number) => [...path[number]!, 0, ...to, 0]);
}


