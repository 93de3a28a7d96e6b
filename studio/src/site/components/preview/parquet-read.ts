import type { Source } from "../../lib/s3/source";
import type { FromParquet, ParquetTable, ToParquet } from "./parquet-worker";

const PATIENCE_MS = 30_000;

/** Some rows of a file. Rejects with the parser's reason, and after PATIENCE_MS. */
export function readParquet(source: Source, firstRow: number, rows: number, signal: AbortSignal): Promise<ParquetTable> {
  const worker = new Worker(new URL("./parquet-worker.ts", import.meta.url), { type: "module" });
  const send = (message: ToParquet, moved: Transferable[] = []): void => worker.postMessage(message, moved);
  return new Promise<ParquetTable>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("Reading this file takes too long; it was given up.")), PATIENCE_MS);
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    signal.addEventListener("abort", () => clearTimeout(timer));
    worker.onerror = () => reject(new Error("This file could not be read."));
    worker.onmessage = ({ data }: MessageEvent<FromParquet>) => {
      if ("table" in data) resolve(data.table);
      else if ("error" in data) reject(new Error(data.error));
      else {
        const { number, first, end } = data;
        source.read(first, end - 1, signal).then(
          (bytes) => send({ number, bytes }, [bytes]),
          (error: Error) => send({ number, error: error.message }),
        );
      }
      if (!("number" in data)) clearTimeout(timer);
    };
    send({ size: source.size, firstRow, rows });
  }).finally(() => worker.terminate());
}
