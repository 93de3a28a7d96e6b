// Reads frames from the page itself: deflated, in base64.

import type { Picture, Source } from "../lib/network-view";

export function pageSource(page: Document): Source {
  return {
    picture: JSON.parse(page.getElementById("clary-picture")?.textContent ?? "null") as Picture,
    async frame(step, sample) {
      const packed = page.querySelector(`script[data-step="${step}"][data-sample="${sample}"]`)?.textContent;
      if (!packed) throw new Error("it was not saved into this page");
      const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
      const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      return new Response(unpacked).arrayBuffer();
    },
  };
}
