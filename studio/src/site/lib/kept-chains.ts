// Chains that are being made again, as a browser keeps them: a page that is opened later goes on with them.

export interface KeptChain {
  /** What is made again: an ARN or a location. */
  from: string;
  /** When it was begun, in epoch milliseconds: the names of the new jobs follow from it. */
  at: number;
  /** The ARN of who has begun it: another user of this browser does not go on with it. */
  owner: string;
}

const MOST_KEPT = 20;

export function isSameChain(one: Omit<KeptChain, "owner">, other: Omit<KeptChain, "owner">): boolean {
  return one.from === other.from && one.at === other.at;
}

/** What was written, perhaps by another version of this page: what can't be understood is left out. */
export function readKept(text: string | null): KeptChain[] {
  let raw: unknown;
  try {
    raw = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  const isChain = (each: unknown): each is KeptChain => {
    const { from, at, owner } = (each ?? {}) as Record<string, unknown>;
    return typeof from === "string" && from !== "" && Number.isSafeInteger(at) && typeof owner === "string";
  };
  return (Array.isArray(raw) ? raw : []).filter(isChain).slice(-MOST_KEPT);
}

export function withChain(kept: readonly KeptChain[], chain: KeptChain): KeptChain[] {
  return kept.some((each) => isSameChain(each, chain)) ? [...kept] : [...kept, chain].slice(-MOST_KEPT);
}

export function withoutChain(kept: readonly KeptChain[], chain: Omit<KeptChain, "owner">): KeptChain[] {
  return kept.filter((each) => !isSameChain(each, chain));
}
