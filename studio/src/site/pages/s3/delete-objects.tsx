// Asks before objects go, and says how many and how much; deletes them; with versions kept, can take it back.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { deleteObjects, type DeletedObjects, listObjects } from "../../api/s3";
import { bucketVersioning, refresh } from "../../api/s3-queries";
import { Dialog } from "../../components/dialog";
import { Trouble } from "../../components/trouble";
import { bytes } from "../../lib/format";
import type { Row } from "../../lib/s3/rows";

/** Keys that are counted before the question; a folder may hold millions. */
const MOST_COUNTED = 10_000;

interface Count {
  objects: number;
  size: number;
  isMore: boolean;
}

export function DeleteObjects({
  bucket,
  rows,
  onDone,
  onClose,
}: {
  bucket: string;
  rows: Row[];
  /** markers: what takes the deletion back. */
  onDone: (text: string, markers: DeletedObjects["markers"]) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const control = useRef(new AbortController());
  const [progress, setProgress] = useState(0);
  const versioning = useQuery(bucketVersioning(bucket));
  const count = useQuery({
    queryKey: ["s3-count", bucket, rows.map(({ id }) => id)],
    gcTime: 0,
    queryFn: ({ signal }) => counted(bucket, rows, signal),
  });
  const remove = useMutation({
    mutationFn: () => removed(bucket, rows, setProgress, control.current.signal),
    onSettled: () => refresh(client),
    onSuccess: (done) => {
      if (done.errors.length > 0) return;
      onDone(`${done.deleted.toLocaleString("en")} object${done.deleted === 1 ? "" : "s"} deleted`, done.markers);
      onClose();
    },
  });
  const close = (): void => {
    control.current.abort();
    onClose();
  };
  const isForEver = rows.some(({ version }) => version !== undefined) || versioning.data !== "Enabled";
  const [first] = rows;
  const title = rows.length === 1 && first ? `Delete ${first.name}?` : `Delete ${rows.length} entries?`;
  const denied = remove.data?.errors[0];
  return (
    <Dialog label={title} onClose={close}>
      <div className="dialog-body">
        <h2 className="object-title">{title}</h2>
        <p role="status">
          {count.error
            ? "How many objects these are can't be told."
            : count.data === undefined
              ? "Counting what goes …"
              : `${count.data.isMore ? "More than " : ""}${count.data.objects.toLocaleString("en")} object${
                  count.data.objects === 1 ? "" : "s"
                }, ${bytes(count.data.size)}.`}
        </p>
        <p className={isForEver ? "warning" : "soft"}>
          {isForEver
            ? "This can't be undone."
            : "The bucket keeps versions: a delete marker hides each object. Show versions to bring them back."}
        </p>
        {remove.isPending && (
          <p className="soft" role="status">
            {progress.toLocaleString("en")} deleted …
          </p>
        )}
        {remove.error && !control.current.signal.aborted && <Trouble error={remove.error} what="this" />}
        {denied && (
          <div className="error" role="alert">
            <h2>{remove.data?.errors.length.toLocaleString("en")} could not be deleted</h2>
            <p>
              {denied.Key}: {denied.Message}
            </p>
          </div>
        )}
        <div className="row">
          <button type="button" className="button" onClick={close}>
            {remove.isPending ? "Stop" : denied ? "Close" : "Cancel"}
          </button>
          <button
            type="button"
            className="button danger"
            disabled={remove.isPending || versioning.isPending}
            onClick={() => remove.mutate()}
          >
            Delete
          </button>
        </div>
      </div>
    </Dialog>
  );
}

async function counted(bucket: string, rows: Row[], signal: AbortSignal): Promise<Count> {
  const total: Count = { objects: 0, size: 0, isMore: false };
  for (const row of rows) {
    if (row.kind !== "folder") {
      total.objects += 1;
      total.size += row.size ?? 0;
      continue;
    }
    let token: string | undefined;
    do {
      if (total.objects >= MOST_COUNTED) return { ...total, isMore: true };
      const page = await listObjects(bucket, row.key, token, { delimiter: "", signal });
      total.objects += page.objects.length;
      total.size += page.objects.reduce((sum, { Size }) => sum + Size, 0);
      token = page.next;
    } while (token);
  }
  return total;
}

async function removed(
  bucket: string,
  rows: Row[],
  tell: (count: number) => void,
  signal: AbortSignal,
): Promise<DeletedObjects> {
  const done: DeletedObjects = { deleted: 0, markers: [], errors: [] };
  const remove = async (objects: { Key: string; VersionId?: string }[]): Promise<void> => {
    if (objects.length === 0) return;
    const some = await deleteObjects(bucket, objects, signal);
    done.deleted += some.deleted;
    done.markers.push(...some.markers);
    done.errors.push(...some.errors);
    tell(done.deleted);
  };
  await remove(
    rows
      .filter(({ kind }) => kind !== "folder")
      .map(({ key, version }) => ({ Key: key, ...(version && { VersionId: version }) })),
  );
  for (const { key } of rows.filter(({ kind }) => kind === "folder")) {
    let token: string | undefined;
    do {
      // The token names a key, so what was deleted before it changes nothing.
      const page = await listObjects(bucket, key, token, { delimiter: "", signal });
      await remove(page.objects.map(({ Key }) => ({ Key })));
      token = page.next;
    } while (token);
  }
  return done;
}
