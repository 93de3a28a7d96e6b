/** The training job that has captured the tensors in a file; undefined for other files. */
export function jobOfTensors(key: string): string | undefined {
  return /(?:^|\/)([A-Za-z0-9][A-Za-z0-9-]*)\/(?:debug-output|profiler-output)\//.exec(key)?.[1];
}
