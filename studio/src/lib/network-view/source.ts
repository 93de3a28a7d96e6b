// What a picture is made from. src/clary/debugger/plot/document.py and frame.py write the same shapes.

export type Kind = "image" | "maps" | "sequence" | "units" | "folded";

/** `count` maps of `height` x `width`; a unit is a map of one value. `offset`: its first value in a frame. */
export interface Layer {
  readonly name: string;
  readonly title: string;
  /** The class of what it came out of; empty where it is not known. */
  readonly module: string;
  readonly kind: Kind;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** Of one sample as it was saved. */
  readonly shape: readonly number[];
  /** One drawn value is the mean of so many saved ones each way. */
  readonly reduced: number;
  /** Maps or units that were saved and are not drawn. */
  readonly hidden: number;
  readonly offset: number;
}

/** Layers `first` to `last` of a deep network, which are shown as one until somebody opens them. */
export interface Block {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

/** A saved step: `step` counts over all modes, `mode_step` within `mode`. */
export interface Moment {
  readonly step: number;
  readonly mode: string;
  readonly mode_step: number;
}

export interface Picture {
  readonly title: string;
  readonly layers: readonly Layer[];
  /** (from, to) of layers by number: what each is made from. */
  readonly ways: readonly (readonly [number, number])[];
  readonly blocks: readonly Block[];
  readonly moments: readonly Moment[];
  /** Shown first. */
  readonly step: number;
  readonly sample: number;
  /** Those that frames can be had of. */
  readonly samples: readonly number[];
  /** Values in a frame. */
  readonly size: number;
  /** Whether the first layer is what goes into the network. */
  readonly input: boolean;
  /** The layer whose largest value is the predicted class. */
  readonly prediction: string | null;
  readonly classes: readonly string[];
}

/** Gives the picture at once, and the bytes of a step when they are asked for. */
export interface Source {
  readonly picture: Picture;
  frame(step: number, sample: number): Promise<ArrayBuffer | ArrayBufferView>;
}
