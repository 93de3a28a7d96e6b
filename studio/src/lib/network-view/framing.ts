// Where the camera stands so that a box fills the view and none of it is cut off.

import type { Vector } from "./pick";

export interface Box {
  readonly min: Vector;
  readonly max: Vector;
}

export interface Stand {
  readonly position: Vector;
  readonly target: Vector;
  /** From one to the other. */
  readonly distance: number;
}

/** Of the camera's height, in degrees: narrow, so that what is far does not shrink away. */
export const FOV = 26;

const LOOKS = 12;

/** From before the input, to its right and above: layers go from left to right, and away. */
export const OBLIQUE: Vector = normal([-0.86, 0.4, 1.1]);
/** Straight at the panels, a little from above. */
export const FACING: Vector = normal([-1, 0.08, 0.22]);

/** What of a view is free for the picture, as shares of its width and height around its middle. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** from: the direction in which the camera is seen from the box. aspect: of the whole view. */
export function standBefore(box: Box, from: Vector, aspect: number, room: Room = { width: 1, height: 1 }): Stand {
  const half = Math.tan((FOV * Math.PI) / 360);
  const vertical = half * room.height;
  const horizontal = half * aspect * room.width;
  const forward = scaled(from, -1);
  const right = normal(cross(forward, [0, 1, 0]));
  const up = cross(right, forward);
  let target: Vector = scaled(plus(box.min, box.max), 0.5);
  let distance = 0;
  for (let look = 0; ; look++) {
    const seen = corners(box).map((corner) => {
      const off = plus(corner, scaled(target, -1));
      return { x: dot(off, right), y: dot(off, up), away: dot(off, forward) };
    });
    const needed = seen.map(({ x, y, away }) => Math.max(Math.abs(x) / horizontal, Math.abs(y) / vertical) - away);
    distance = Math.max(...needed);
    if (look === LOOKS) break;
    // What is near looks larger than what is far: the middle of what is seen is found by looking again.
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
