import { PerspectiveCamera, Vector3 } from "three";
import { expect, test } from "vitest";

import { type Box, FACING, FOV, OBLIQUE, poseFor } from "./framing";

const BOXES: [string, Box][] = [
  ["long", { min: [0, -3, -2], max: [60, 3, 2] }],
  ["tall", { min: [0, -40, -2], max: [10, 3, 2] }],
  ["flat", { min: [5, -1, -1], max: [5.1, 1, 1] }],
];

test.each(BOXES)("a %s box is seen whole, and fills the view", (_, box) => {
  for (const from of [OBLIQUE, FACING]) {
    for (const aspect of [0.6, 1, 16 / 9]) {
      const free = { width: 0.7, height: 0.8 };
      const pose = poseFor(box, from, aspect, free);
      const camera = new PerspectiveCamera(FOV, aspect, 0.01, 1e4);
      camera.position.set(...pose.position);
      camera.lookAt(new Vector3(...pose.target));
      camera.updateMatrixWorld();
      const seen = corners(box).map((corner) => new Vector3(...corner).project(camera));

      const wide = Math.max(...seen.map((corner) => Math.abs(corner.x))) / free.width;
      const high = Math.max(...seen.map((corner) => Math.abs(corner.y))) / free.height;

      expect(Math.max(wide, high)).toBeLessThan(1.03);
      expect(Math.max(wide, high)).toBeGreaterThan(0.97);
    }
  }
});

function corners(box: Box): [number, number, number][] {
  const ends = [box.min, box.max];
  return ends.flatMap((a) => ends.flatMap((b) => ends.map((c): [number, number, number] => [a[0], b[1], c[2]])));
}
