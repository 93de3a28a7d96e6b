// Files that were dropped on a page or chosen, with those in folders.

export interface Found {
  /** With the names of the folders above. */
  path: string;
  file: File;
}

/** Folders can be large: what comes behind is left out, and said to be. */
export const MOST_FILES = 10_000;

/** To be called while the event lasts: afterwards a browser forgets the items. */
export function droppedFiles(data: DataTransfer): Promise<Found[]> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return walked(entries);
}

async function walked(entries: FileSystemEntry[]): Promise<Found[]> {
  const found: Found[] = [];
  const open = [...entries];
  for (let entry = open.shift(); entry !== undefined && found.length < MOST_FILES; entry = open.shift()) {
    if (entry.isFile) {
      const { fullPath } = entry;
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: fullPath.replace(/^\//, ""), file });
    } else open.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
  }
  return found;
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  // It hands out a hundred at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0 || all.length > MOST_FILES) return all;
    all.push(...some);
  }
}

export function chosenFiles(list: FileList | null): Found[] {
  return [...(list ?? [])].slice(0, MOST_FILES).map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}
