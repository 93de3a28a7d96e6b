// What a debugger page shows stands in its address: the tab, the tensor, the step, what is chosen and compared.
export const TABS = ["tensors", "network", "profile"] as const;
export const MODES = ["TRAIN", "EVAL", "PREDICT", "GLOBAL"] as const;

export interface DebuggerAddress {
  tab?: (typeof TABS)[number] | undefined;
  /** Of the list of tensors: words, and a collection. */
  find?: string | undefined;
  collection?: string | undefined;
  /** By name, in the place of the tree of modules. */
  list?: true | undefined;
  /** The groups of the tree that are open where they usually are closed, or the other way. */
  turned?: string | undefined;
  tensor?: string | undefined;
  /** A second tensor, beside the first. */
  other?: string | undefined;
  mode?: (typeof MODES)[number] | undefined;
  worker?: string | undefined;
  step?: number | undefined;
  /** How histograms are drawn; as ridges without it. */
  shape?: "heat" | undefined;
  /** A block of values is drawn as its value of largest size; as the mean without it. */
  reduce?: "max" | undefined;
  /** A place on each axis before the last two, by commas. */
  index?: string | undefined;
  /** Of the network: the sample, -1 for the mean of the batch, and a part of layers' names. */
  sample?: number | undefined;
  layers?: string | undefined;
}

/** A part that makes no sense is left out. */
export function readDebuggerAddress(raw: Record<string, unknown>): DebuggerAddress {
  return {
    tab: one(TABS, raw["tab"]),
    find: text(raw["find"]),
    collection: text(raw["collection"]),
    list: raw["list"] === true ? true : undefined,
    turned: text(raw["turned"]),
    tensor: text(raw["tensor"]),
    other: text(raw["other"]),
    mode: one(MODES, raw["mode"]),
    worker: text(raw["worker"]),
    step: whole(raw["step"], 0),
    shape: raw["shape"] === "heat" ? "heat" : undefined,
    reduce: raw["reduce"] === "max" ? "max" : undefined,
    index: indexOf(text(raw["index"])) ? text(raw["index"]) : undefined,
    sample: whole(raw["sample"], -1),
    layers: text(raw["layers"])?.slice(0, 200),
  };
}

/** The numbers of an index; undefined for a text that is none. */
export function indexOf(spelled: string | undefined): number[] | undefined {
  return spelled !== undefined && /^\d{1,9}(,\d{1,9}){0,31}$/.test(spelled) ? spelled.split(",").map(Number) : undefined;
}

function one<T extends string>(of: readonly T[], value: unknown): T | undefined {
  return of.find((each) => each === value);
}

function text(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const said = String(value);
  return said === "" || said.length > 2_048 ? undefined : said;
}

function whole(value: unknown, least: number): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least ? value : undefined;
}
