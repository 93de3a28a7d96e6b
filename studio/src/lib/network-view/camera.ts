// The camera: shows all layers at first, one layer when it is selected, and can be turned by the user.

import { PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

import { type Arrangement, heightOf, widthOf } from "./arrange";
import { type Box, FACING, FOV, OBLIQUE, type FreeArea, type CameraPose, poseFor } from "./framing";
import type { Vector } from "./pick";

export const NARROW_PX = 640;
const FLIGHT_MS = 450;
/** After so long without a change the camera is at rest: a wheel that is turned stops between its notches. */
const REST_MS = 150;

interface Pose {
  readonly position: Vector;
  readonly target: Vector;
}

/** `moved` is called when the camera has moved; its argument tells whether the movement continues. */
export class Camera {
  readonly camera = new PerspectiveCamera(FOV, 1, 0.1, 2000);
  #arrangement: Arrangement;
  readonly #controls: OrbitControls;
  readonly #moved: (on: boolean) => void;
  #free: FreeArea = { width: 1, height: 1 };
  #layer: number | null = null;
  #turning = false;
  #touched = false;
  #flight: { from: Pose; to: Pose; since: number } | null = null;
  #rest = 0;

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
      this.#settle();
    });
    this.#controls.addEventListener("change", () => {
      moved(true);
      this.#settle();
    });
  }

  /** Adapts to the size of the view. Moves to its default pose, unless the user has turned it. */
  resize(width: number, height: number): void {
    const { x, y, free } = margins(width, height);
    this.#free = free;
    this.camera.aspect = width / height;
    this.camera.setViewOffset(width, height, x, y, width, height);
    this.camera.updateProjectionMatrix();
    if (!this.#touched) this.#apply(this.#pose());
  }

  /** Sets a new arrangement. */
  arranged(arrangement: Arrangement): void {
    this.#arrangement = arrangement;
  }

  /** Moves to a layer; with null, to where all layers are visible. */
  look(layer: number | null): void {
    this.#layer = layer;
    this.#touched = layer !== null;
    const at = (from: Vector3): Vector => [from.x, from.y, from.z];
    const from = { position: at(this.camera.position), target: at(this.#controls.target) };
    this.#flight = { from, to: this.#pose(), since: performance.now() };
    this.#moved(true);
  }

  /** Moves back to its pose before the user turned it. */
  back(): void {
    this.look(this.#layer);
  }

  /** Advances a movement. now: the time that requestAnimationFrame passes. */
  advance(now: number): void {
    if (!this.#flight) return;
    const { from, to, since } = this.#flight;
    const part = Math.min(1, Math.max(0, (now - since) / FLIGHT_MS));
    const eased = part * part * (3 - 2 * part);
    const between = (a: Vector, b: Vector): Vector => [0, 1, 2].map((at) => a[at]! + (b[at]! - a[at]!) * eased) as never;
    if (part === 1) this.#flight = null;
    this.#apply({ position: between(from.position, to.position), target: between(from.target, to.target) });
    if (this.#flight === null) this.#settle();
    else this.#moved(true);
  }

  /** Turns around the picture. angle: in radians. */
  turn(angle: number): void {
    const off = this.camera.position.clone().sub(this.#controls.target);
    this.camera.position.copy(this.#controls.target).add(off.applyAxisAngle(new Vector3(0, 1, 0), angle));
    this.#controls.update();
  }

  /** Sets whether the mouse wheel zooms; otherwise it scrolls the page. */
  zoomable(on: boolean): void {
    this.#controls.enableZoom = on;
  }

  dispose(): void {
    clearTimeout(this.#rest);
    this.#controls.dispose();
  }

  /** Tells that the movement has ended, unless it goes on. */
  #settle(): void {
    clearTimeout(this.#rest);
    this.#rest = window.setTimeout(() => {
      if (!this.#turning && this.#flight === null) this.#moved(false);
    }, REST_MS);
  }

  #pose(): CameraPose {
    const panel = this.#arrangement.panels.find((each) => each.layer === this.#layer);
    if (!panel) return poseFor(this.#arrangement.box, OBLIQUE, this.camera.aspect, this.#free);
    const high = heightOf(panel) / 2 + 0.5;
    const wide = widthOf(panel) / 2;
    const box: Box = { min: [panel.x - 0.1, panel.y - high, -wide], max: [panel.x, panel.y + high, wide] };
    return poseFor(box, FACING, this.camera.aspect, this.#free);
  }

  #apply({ position, target }: Pose): void {
    this.camera.position.set(...position);
    this.#controls.target.set(...target);
    this.#controls.update();
  }
}

/**
 * The offset of the view's centre in pixels, and its free area.
 *
 * The list of layers covers the left, controls cover the top and bottom, and names of classes need space on the right.
 */
export function margins(width: number, height: number): { x: number; y: number; free: FreeArea } {
  const [left, right, top, bottom] = width < NARROW_PX ? [20, 60, 60, 70] : [232, 80, 56, 76];
  const free = { width: Math.max(0.2, 1 - (left + right) / width), height: Math.max(0.2, 1 - (top + bottom) / height) };
  return { x: (right - left) / 2, y: (bottom - top) / 2, free };
}
