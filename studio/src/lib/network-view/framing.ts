// Computes a camera pose in which a box fills the view and no part of it is cut off.

import type { Vector } from "./pick";

export interface Box {
  readonly min: Vector;
  readonly max: Vector;
}

export interface CameraPose {
  readonly position: Vector;
  readonly target: Vector;
  /** Between position and target. */
  readonly distance: number;
}

/** The vertical field of view in degrees. It is narrow, so that distant layers are not much smaller. */
export const FOV = 26;

const ITERATIONS = 12;

/** The direction of a view from the front right, above the input: layers go from left to right, and away. */
export const OBLIQUE: Vector = normal([-0.86, 0.4, 1.1]);
/** The direction of a view of the panels from the front, slightly from above. */
export const FACING: Vector = normal([-1, 0.08, 0.22]);

/** The area of a view for the picture, around its centre, as shares of its width and height. */
export interface FreeArea {
  readonly width: number;
  readonly height: number;
}

/** The pose for a box. from: the direction from the box to the camera. aspect: of the whole view. */
export function poseFor(box: Box, from: Vector, aspect: number, free: FreeArea = { width: 1, height: 1 }): CameraPose {
  const half = Math.tan((FOV * Math.PI) / 360);
  const vertical = half * free.height;
  const horizontal = half * aspect * free.width;
  const forward = scaled(from, -1);
  const right = normal(cross(forward, [0, 1, 0]));
  const up = cross(right, forward);
  let target: Vector = scaled(plus(box.min, box.max), 0.5);
  let distance = 0;
  for (let iteration = 0; ; iteration++) {
    const seen = corners(box).map((corner) => {
      const off = plus(corner, scaled(target, -1));
      return { x: dot(off, right), y: dot(off, up), away: dot(off, forward) };
    });
    const needed = seen.map(({ x, y, away }) => Math.max(Math.abs(x) / horizontal, Math.abs(y) / vertical) - away);
    distance = Math.max(...needed);
    if (iteration === ITERATIONS) break;
    // Near parts look larger than distant ones, so the centre of the view is found by iteration.
    const xs = seen.map(({ x, away }) => x / (distance + away));
    const ys = seen.map(({ y, away }) => y / (distance + away));
    const shiftX = (distance * (Math.min(...xs) + Math.max(...xs))) / 2;
    const shiftY = (distance * (Math.min(...ys) + Math.max(...ys))) / 2;
    target = plus(target, plus(scaled(right, shiftX), scaled(up, shiftY)));
  }
  return { position: plus(target, scaled(from, distance)), target, distance };
}

function corners(box: Box): Vector[] {
  const sides = [box.min, box.max];
  return sides.flatMap((a) => sides.flatMap((b) => sides.map((c): Vector => [a[0], b[1], c[2]])));
}

function plus(a: Vector, b: Vector): Vector {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

function scaled(a: Vector, by: number): Vector {
  return [a[0] * by, a[1] * by, a[2] * by];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function normal(a: Vector): Vector {
  return scaled(a, 1 / Math.hypot(...a));
}
