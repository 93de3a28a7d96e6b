// Where one looks from: at everything to begin with, at one layer when it is chosen, and wherever one turns to.

import { PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

import { type Arrangement, heightOf, widthOf } from "./arrange";
import { type Box, FACING, FOV, OBLIQUE, type Room, type Stand, standBefore } from "./framing";
import type { Vector } from "./pick";

export const NARROW_PX = 640;
const FLIGHT_MS = 450;

interface Place {
  readonly position: Vector;
  readonly target: Vector;
}

/** `moved` is told when there is something new to see, and whether it goes on. */
export class Camera {
  readonly camera = new PerspectiveCamera(FOV, 1, 0.1, 2000);
  #arrangement: Arrangement;
  readonly #controls: OrbitControls;
  readonly #moved: (on: boolean) => void;
  #room: Room = { width: 1, height: 1 };
  #layer: number | null = null;
  #turning = false;
  #touched = false;
  #flight: { from: Place; to: Place; since: number } | null = null;

  constructor(arrangement: Arrangement, canvas: HTMLElement, moved: (on: boolean) => void) {
    this.#arrangement = arrangement;
    this.#moved = moved;
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.zoomToCursor = true;
    this.#controls.addEventListener("start", () => {
      this.#touched = this.#turning = true;
      this.#flight = null;
    });
    this.#controls.addEventListener("end", () => {
      this.#turning = false;
      moved(false);
    });
    this.#controls.addEventListener("change", () => moved(this.#turning));
  }

  /** Stands where it belongs in a view of a size, unless somebody has turned it. */
  resize(width: number, height: number): void {
    const { x, y, room } = margins(width, height);
    this.#room = room;
    this.camera.aspect = width / height;
    this.camera.setViewOffset(width, height, x, y, width, height);
    this.camera.updateProjectionMatrix();
    if (!this.#touched) this.#stay(this.#stand());
  }

  /** Knows where everything stands now. */
  arranged(arrangement: Arrangement): void {
    this.#arrangement = arrangement;
  }

  /** Flies to a layer, or to where all are seen. */
  look(layer: number | null): void {
    this.#layer = layer;
    this.#touched = layer !== null;
    const at = (from: Vector3): Vector => [from.x, from.y, from.z];
    const from = { position: at(this.camera.position), target: at(this.#controls.target) };
    this.#flight = { from, to: this.#stand(), since: performance.now() };
    this.#moved(true);
  }

  /** Flies back to where it stood before somebody turned it. */
  back(): void {
    this.look(this.#layer);
  }

  /** On its way. now: as requestAnimationFrame says it. */
  advance(now: number): void {
    if (!this.#flight) return;
    const { from, to, since } = this.#flight;
    const part = Math.min(1, Math.max(0, (now - since) / FLIGHT_MS));
    const eased = part * part * (3 - 2 * part);
    const between = (a: Vector, b: Vector): Vector => [0, 1, 2].map((at) => a[at]! + (b[at]! - a[at]!) * eased) as never;
    if (part === 1) this.#flight = null;
    this.#stay({ position: between(from.position, to.position), target: between(from.target, to.target) });
    this.#moved(this.#flight !== null);
  }

  /** Around the picture, in radians. */
  turn(angle: number): void {
    const off = this.camera.position.clone().sub(this.#controls.target);
    this.camera.position.copy(this.#controls.target).add(off.applyAxisAngle(new Vector3(0, 1, 0), angle));
    this.#controls.update();
  }

  /** Whether the wheel zooms; else it scrolls what the picture stands in. */
  zoomable(on: boolean): void {
    this.#controls.enableZoom = on;
  }

  dispose(): void {
    this.#controls.dispose();
  }

  #stand(): Stand {
    const panel = this.#arrangement.panels.find((each) => each.layer === this.#layer);
    if (!panel) return standBefore(this.#arrangement.box, OBLIQUE, this.camera.aspect, this.#room);
    const high = heightOf(panel) / 2 + 0.5;
    const wide = widthOf(panel) / 2;
    const box: Box = { min: [panel.x - 0.1, panel.y - high, -wide], max: [panel.x, panel.y + high, wide] };
    return standBefore(box, FACING, this.camera.aspect, this.#room);
  }

  #stay({ position, target }: Place): void {
    this.camera.position.set(...position);
    this.#controls.target.set(...target);
    this.#controls.update();
  }
}

/** The list of layers stands before the left, controls before the foot, names of classes go on to the right. */
export function margins(width: number, height: number): { x: number; y: number; room: Room } {
  const [left, right, top, bottom] = width < NARROW_PX ? [20, 60, 60, 70] : [232, 80, 56, 76];
  const room = { width: Math.max(0.2, 1 - (left + right) / width), height: Math.max(0.2, 1 - (top + bottom) / height) };
  return { x: (right - left) / 2, y: (bottom - top) / 2, room };
}
