// A form that is not sent yet outlives a reload of its tab.
import { type Document, isDocument } from "./shape";

export interface DraftStore {
  read: () => Document | undefined;
  write: (draft: Document) => void;
  clear: () => void;
}

export function draftStore(name: string, storage: Storage = sessionStorage): DraftStore {
  const key = `clary-draft/${name}`;
  return {
    read: () => {
      try {
        const found: unknown = JSON.parse(storage.getItem(key) ?? "null");
        return isDocument(found) ? found : undefined;
      } catch {
        return undefined;
      }
    },
    write: (draft) => {
      try {
        storage.setItem(key, JSON.stringify(draft));
      } catch {
        // Full: the form works without it.
      }
    },
    clear: () => storage.removeItem(key),
  };
}
