// The colour of a run: made from its name alone, so that it is the same on every chart, page and machine.
//
// The ten colours of tokens.css (--series-1 to --series-10) differ for readers with deuteranopia and protanopia
// too, and each has a contrast of 3:1 to the surface; run-colour.test.ts measures it.

import { jobOfRun } from "./board";

export const COLOURS = 10;

/** Lines of the same colour in one chart differ by their dashes, in CSS pixels. */
export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], [14, 4]];

/**
 * 0 to 9. Runs that are numbered one after the other get different colours, and so do "lr-02" and "lr-002". A job and
 * its component have one.
 */
export function colourIndex(run: string): number {
  const job = jobOfRun(run);
  const [, stem = job, zeros = "", digits = ""] = /^(.*?)(0{0,5})(\d{0,6})$/s.exec(job) ?? [];
  // FNV-1a: short names that differ in one letter are far from each other.
  let hash = 0x811c9dc5;
  for (let place = 0; place < stem.length; place += 1) {
    hash = Math.imul(hash ^ stem.charCodeAt(place), 0x01000193) >>> 0;
  }
  // The low bits alone mix badly.
  return (((hash ^ (hash >>> 15)) >>> 0) % 997 + zeros.length + Number(digits || 0)) % COLOURS;
}

/** For CSS. A canvas needs `canvasColour`. */
export function runColour(run: string): string {
  return `var(--series-${colourIndex(run) + 1})`;
}

/** A colour of tokens.css as the theme of now has it. */
export function tokenColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function canvasColour(run: string): string {
  return tokenColour(`--series-${colourIndex(run) + 1}`);
}

/** The place of each run among those of a chart with its colour: 0, or 1 and more for a dashed line. */
export function dashIndexes(runs: readonly string[]): Map<string, number> {
  const used = new Map<number, number>();
  const found = new Map<string, number>();
  for (const run of [...new Set(runs)].sort()) {
    const colour = colourIndex(run);
    const place = used.get(colour) ?? 0;
    used.set(colour, place + 1);
    found.set(run, place);
  }
  return found;
}

export function dashOf(place: number): number[] {
  return [...(DASHES[place % DASHES.length] ?? [])];
}
