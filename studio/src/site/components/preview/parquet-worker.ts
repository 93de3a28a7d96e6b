// Reads a Parquet file beside the page: a file that keeps the parser busy is given up with this worker.
/// <reference lib="webworker" />
import { gunzipSync } from "fflate";
import { decompress as unzstd } from "fzstd";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { cellText, isNumeric, type Records } from "../../lib/s3/records";

export interface ParquetRequest {
  size: number;
  firstRow: number;
  rows: number;
}

export interface ParquetTable {
  columns: string[];
  /** Beside the names: physical and logical type. */
  types: string[];
  hiddenColumns: number;
  rowCount: number;
  groups: number;
  codec: string;
  /** Whether its rows can be read; without them, the schema is shown. */
  isReadable: boolean;
  createdBy: string;
  cells: string[][];
  numeric: boolean[];
}

export type ToParquet = ParquetRequest | { number: number; bytes: ArrayBuffer } | { number: number; error: string };
export type FromParquet =
  | { number: number; first: number; end: number }
  | { table: ParquetTable }
  | { error: string };

/** How pages may be packed. Decoders of brotli and LZO are large, and writers choose them rarely. */
const READABLE = ["", "UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD"];
const MOST_COLUMNS = 200;
const MOST_READ_BYTES = 64 << 20;
const MOST_UNPACKED_BYTES = 256 << 20;

const here = self as unknown as DedicatedWorkerGlobalScope;
const waiting = new Map<number, { resolve: (bytes: ArrayBuffer) => void; reject: (error: Error) => void }>();
const tell = (message: FromParquet): void => here.postMessage(message);
let count = 0;
let readBytes = 0;

here.onmessage = ({ data }: MessageEvent<ToParquet>) => {
  if ("number" in data) {
    const asked = waiting.get(data.number);
    waiting.delete(data.number);
    if ("bytes" in data) asked?.resolve(data.bytes);
    else asked?.reject(new Error(data.error));
    return;
  }
  table(data).then(
    (found) => tell({ table: found }),
    (error: unknown) => tell({ error: error instanceof Error ? error.message : String(error) }),
  );
};

function bufferOf(size: number): AsyncBuffer {
  return {
    byteLength: size,
    slice: (first, end = size) => {
      readBytes += end - first;
      if (!(first >= 0 && end <= size && first < end)) throw new Error("This is no Parquet file.");
      if (readBytes > MOST_READ_BYTES) {
        throw new Error("The rows lie in pieces that are larger than a preview reads (64 MiB).");
      }
      count += 1;
      const number = count;
      tell({ number, first, end });
      return new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
    },
  };
}

async function table({ size, firstRow, rows }: ParquetRequest): Promise<ParquetTable> {
  const file = bufferOf(size);
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: Math.min(size, 64 * 1024) });
  const all = topColumns(metadata);
  const shown = all.slice(0, MOST_COLUMNS);
  const rowCount = Number(metadata.num_rows);
  const columns = shown.map(({ name }) => name);
  const rowEnd = Math.min(rowCount, firstRow + rows);
  const codecs = metadata.row_groups.flatMap((group) => group.columns.map((column) => String(column.meta_data?.codec ?? "")));
  const unread = codecs.find((codec) => !READABLE.includes(codec));
  const found: Records =
    firstRow < rowEnd && columns.length > 0 && unread === undefined
      ? await parquetReadObjects({
          file,
          metadata,
          columns,
          rowStart: firstRow,
          rowEnd,
          useOffsetIndex: true,
          compressors: { GZIP: bounded(ungzip), ZSTD: bounded(unzstd) },
        })
      : [];
  return {
    columns,
    types: shown.map(({ type }) => type),
    hiddenColumns: all.length - shown.length,
    rowCount,
    groups: metadata.row_groups.length,
    codec: unread ?? codecs[0] ?? "",
    isReadable: unread === undefined,
    createdBy: metadata.created_by ?? "",
    cells: found.map((row) => columns.map((name) => cellText(row[name]))),
    numeric: columns.map((name) => isNumeric(found.find((row) => row[name] != null)?.[name])),
  };
}

type Unpack = (packed: Uint8Array, out: Uint8Array) => Uint8Array;

/** The length that a file tells is bounded before there is room for it. */
function bounded(unpack: Unpack): (packed: Uint8Array, length: number) => Uint8Array {
  return (packed, length) => {
    if (!(length >= 0 && length <= MOST_UNPACKED_BYTES)) throw new Error("A page of this file is larger than it can be.");
    return unpack(packed, new Uint8Array(length));
  };
}

const ungzip: Unpack = (packed, out) => gunzipSync(packed, { out });

/** The columns of the first level; what lies in them is shown as JSON. */
function topColumns({ schema }: FileMetaData): { name: string; type: string }[] {
  const found: { name: string; type: string }[] = [];
  let next = 1;
  const skip = (): void => {
    const children = schema[next]?.num_children ?? 0;
    next += 1;
    for (let child = 0; child < children && next < schema.length; child += 1) skip();
  };
  while (next < schema.length) {
    const element = schema[next];
    if (element === undefined) break;
    const logical = element.logical_type?.type ?? element.converted_type;
    const nested = element.num_children ? "nested" : String(element.type ?? "");
    found.push({ name: element.name, type: logical ? `${nested} ${String(logical)}`.toLowerCase() : nested.toLowerCase() });
    skip();
  }
  return found;
}
