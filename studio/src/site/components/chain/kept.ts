// The chains that this browser goes on with; all its tabs see the same ones.
import { useSyncExternalStore } from "react";
import { type KeptChain, readKept, withChain, withoutChain } from "../../lib/kept-chains";

const KEY = "clary-studio-chains";
const listeners = new Set<() => void>();
let text: string | null = null;
let list: KeptChain[] = [];

/** The same array until something has changed. */
function now(): KeptChain[] {
  const written = localStorage.getItem(KEY);
  if (written !== text) {
    text = written;
    list = readKept(written);
  }
  return list;
}

function write(changed: KeptChain[]): void {
  if (changed.length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(changed));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // Told to the other tabs only.
  addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("storage", listener);
  };
}

export const keptChains = {
  keep: (chain: KeptChain): void => write(withChain(now(), chain)),
  drop: (chain: Omit<KeptChain, "owner">): void => write(withoutChain(now(), chain)),
};

export function useKeptChains(owner: string): KeptChain[] {
  return useSyncExternalStore(subscribe, now).filter((chain) => chain.owner === owner);
}
