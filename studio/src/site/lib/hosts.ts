/** `job/algo-1-1790000000` is the log stream of algo-1. */
export function hostOf(stream: string): string {
  return stream.slice(stream.indexOf("/") + 1).replace(/-\d{10,}$/, "");
}
