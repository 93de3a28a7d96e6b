// A network in three dimensions: `mountNetworkView(element, source)`.

export type { Kind, Layer, PictureStep, Picture, Source } from "./source";
export { mountNetworkView, type NetworkView, type ViewOptions } from "./view";
