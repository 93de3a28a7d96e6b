// What an object is shown as: told by its name, else by its content type.

export type PreviewKind =
  | "csv"
  | "image"
  | "json"
  | "json-lines"
  | "notebook"
  | "npy"
  | "parquet"
  | "tar"
  | "text"
  | "zip"
  | "none";

const BY_ENDING: [PreviewKind, RegExp][] = [
  ["tar", /\.(tar|tar\.gz|tgz)$/],
  ["csv", /\.(csv|tsv)$/],
  ["image", /\.(png|jpe?g|gif|webp|bmp|ico|avif|svg)$/],
  ["json-lines", /\.(jsonl|ndjson|manifest|jsonlines)$/],
  ["notebook", /\.ipynb$/],
  ["json", /\.(json|geojson)$/],
  ["npy", /\.npy$/],
  ["parquet", /\.(parquet|pq)$/],
  ["zip", /\.(zip|whl|jar|npz|keras|pt|pth|safetensors\.zip)$/],
  [
    "text",
    /\.(txt|log|md|rst|py|pyi|r|jl|sh|bash|ya?ml|toml|ini|cfg|conf|env|xml|html?|css|js|ts|sql|out|err|tex|diff|patch|dockerfile|lock|proto|c|h|cpp|java|go|rs)$/,
  ],
  ["none", /\.(pdf|gz|bz2|xz|zst|7z|pkl|pickle|joblib|h5|hdf5|onnx|safetensors|bin|mp4|mp3|wav|exe|so|tfrecord)$/],
];

const BY_TYPE: [PreviewKind, RegExp][] = [
  ["csv", /^text\/(csv|tab-separated-values)/],
  ["json-lines", /^application\/(jsonlines|x-ndjson)/],
  ["json", /^application\/(json|[a-z.+-]*\+json)/],
  ["image", /^image\//],
  ["text", /^(text\/|application\/(xml|x-yaml|yaml|javascript|toml|x-sh))/],
  ["zip", /^application\/zip/],
];

const NAMED: Record<string, PreviewKind> = {
  dockerfile: "text",
  makefile: "text",
  license: "text",
  readme: "text",
  stdout: "text",
  stderr: "text",
};

/** Text for an object that nothing is known of: it is looked at before it is shown. */
export function kindOf(key: string, contentType = ""): PreviewKind {
  const name = key.slice(key.lastIndexOf("/") + 1).toLowerCase();
  const byEnding = BY_ENDING.find(([, pattern]) => pattern.test(name));
  if (byEnding !== undefined) return byEnding[0];
  if (NAMED[name] !== undefined) return NAMED[name];
  return BY_TYPE.find(([, pattern]) => pattern.test(contentType))?.[0] ?? "text";
}

const IMAGE_TYPES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  ico: "image/x-icon",
  avif: "image/avif",
  svg: "image/svg+xml",
};

/** The type of an image; a stored one only where it is an image's. Nothing else may be its type. */
export function imageType(key: string, contentType = ""): string {
  const stored = /^image\/[a-z0-9.+-]+$/.exec(contentType)?.[0];
  return IMAGE_TYPES[key.slice(key.lastIndexOf(".") + 1).toLowerCase()] ?? stored ?? "image/png";
}

/** Whether bytes are no text: control characters, or not UTF-8. */
export function looksBinary(bytes: Uint8Array): boolean {
  const some = bytes.subarray(0, 4_096);
  if (some.includes(0)) return true;
  try {
    // The last character may be cut.
    new TextDecoder("utf-8", { fatal: true }).decode(some, { stream: true });
    return false;
  } catch {
    return true;
  }
}

export type Language = "json" | "markdown" | "python" | "yaml" | undefined;

export function languageOf(key: string): Language {
  const ending = key.slice(key.lastIndexOf(".") + 1).toLowerCase();
  const known: Record<string, Language> = {
    json: "json",
    md: "markdown",
    py: "python",
    pyi: "python",
    yaml: "yaml",
    yml: "yaml",
  };
  return known[ending];
}
