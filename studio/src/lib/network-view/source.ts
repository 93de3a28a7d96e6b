// The data of a picture. src/clary/debugger/plot/document.py writes the same structure.

export type Kind = "image" | "maps" | "sequence" | "units" | "folded";

/** `count` maps of `height` x `width`; a unit is a map with one value. `offset`: of its first value in a frame. */
export interface Layer {
  readonly name: string;
  readonly title: string;
  /** The class of the module that gave it; empty if it is not known. */
  readonly module: string;
  readonly kind: Kind;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** The shape of one sample as it was saved. */
  readonly shape: readonly number[];
  /** A drawn value is the mean of `reduced` x `reduced` saved ones. */
  readonly reduced: number;
  /** The number of saved maps or units that are not drawn. */
  readonly hidden: number;
  readonly offset: number;
}

/** Layers `first` to `last` of a deep network, shown as one layer until the user opens the block. */
export interface Block {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** A saved step: `step` counts over all modes, `mode_step` within `mode`. */
export interface PictureStep {
  readonly step: number;
  readonly mode: string;
  readonly mode_step: number;
}

export interface Picture {
  readonly title: string;
  readonly layers: readonly Layer[];
  /** (from, to) numbers of layers. */
  readonly connections: readonly (readonly [number, number])[];
  readonly blocks: readonly Block[];
  readonly steps: readonly PictureStep[];
  /** The step and the sample that are shown first. */
  readonly step: number;
  readonly sample: number;
  /** The samples whose frames are available. */
  readonly samples: readonly number[];
  /** The number of values in a frame. */
  readonly size: number;
  /** Whether the first layer is the network's input. */
  readonly input: boolean;
  /** The layer whose largest value is the predicted class. */
  readonly prediction: string | null;
  readonly classes: readonly string[];
}

/** Has the picture, and returns the bytes of frames on request. */
export interface Source {
  /** After `grow` of the view, a picture with the same layers and more steps. */
  readonly picture: Picture;
  frame(step: number, sample: number): Promise<ArrayBuffer | ArrayBufferView>;
}
