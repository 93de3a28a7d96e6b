// Uploads in parts that were begun and neither completed nor aborted: their parts take room until somebody aborts them.
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { call } from "../../api/call";
import type { UnfinishedUpload } from "../../api/s3-operations";
import { partsOf, refresh, unfinishedUploads } from "../../api/s3-queries";
import { uploads as ownUploads } from "../../api/uploads";
import { useNow } from "../../components/now";
import { Question } from "../../components/question";
import { Trouble } from "../../components/trouble";
import { ago, bytes, instant } from "../../lib/format";

/** Of each of them, its parts are asked for. */
const MOST_MEASURED = 50;

export function UnfinishedUploads({ bucket, folder, onClose }: { bucket: string; folder: string; onClose: () => void }) {
  const client = useQueryClient();
  const now = useNow();
  const asked = useQuery(unfinishedUploads(bucket, folder));
  const own = useSyncExternalStore(ownUploads.subscribe, ownUploads.list);
  const [toAbort, setToAbort] = useState<UnfinishedUpload[]>();
  const sending = new Set(own.filter((each) => each.bucket === bucket && each.state === "sending").map(({ key }) => key));
  // What this page sends just now is not left behind.
  const found = (asked.data?.uploads ?? []).filter(({ Key: key }) => !sending.has(key));
  const sizes = useQueries({
    queries: found.slice(0, MOST_MEASURED).map(({ Key: key, UploadId: id }) => partsOf(bucket, key, id)),
  });
  const abort = useMutation({
    mutationFn: async (chosen: UnfinishedUpload[]) => {
      for (const { Key, UploadId } of chosen) await call("s3/AbortMultipartUpload", { Bucket: bucket, Key, UploadId });
    },
    onSuccess: () => setToAbort(undefined),
    // Those before the one that failed are gone.
    onSettled: () => refresh(client),
  });
  const what = (chosen: readonly UnfinishedUpload[]): string =>
    chosen.length === 1 ? `the upload of ${chosen[0]?.Key}` : `${chosen.length} uploads`;
  return (
    <section className="card uploads unfinished" aria-label="Unfinished uploads">
      <header>
        <h2>Unfinished uploads{folder && ` in ${folder}`}</h2>
        <div className="row">
          {found.length > 1 && (
            <button type="button" className="button small danger" onClick={() => setToAbort(found)}>
              Abort all {found.length}
            </button>
          )}
          <button type="button" className="button small plain" onClick={onClose}>
            Close
          </button>
        </div>
      </header>
      {asked.error ? (
        <Trouble error={asked.error} what="the unfinished uploads" />
      ) : found.length === 0 ? (
        <p className="soft" role="status">
          {asked.isPending ? "Loading …" : "None. An upload in parts that breaks off stays here until it is completed or aborted."}
        </p>
      ) : (
        <>
          <p className="soft">Their parts take room, and no list of objects shows them.</p>
          <ul>
            {found.map((upload, index) => {
              const size = sizes[index]?.data;
              return (
                <li key={upload.UploadId}>
                  <span className="upload-name" title={`s3://${bucket}/${upload.Key}`}>
                    {upload.Key}
                  </span>
                  <span className="soft">
                    {size && `${size.isCut ? "more than " : ""}${bytes(size.bytes)} in ${size.count} part${size.count === 1 ? "" : "s"}`}
                  </span>
                  <time className="soft" title={instant(upload.Initiated)}>
                    begun {ago(upload.Initiated, now)}
                  </time>
                  <button
                    type="button"
                    className="button small danger"
                    aria-label={`Abort the upload of ${upload.Key}`}
                    onClick={() => setToAbort([upload])}
                  >
                    Abort
                  </button>
                </li>
              );
            })}
          </ul>
          {asked.data?.isCut && <p className="soft">There are more; the first {found.length} are shown.</p>}
        </>
      )}
      {toAbort !== undefined && (
        <Question
          title={`Abort ${what(toAbort)}?`}
          text="The parts that have come are deleted. A program that still sends them gets an error."
          yes="Abort"
          error={abort.error}
          isBusy={abort.isPending}
          onYes={() => abort.mutate(toAbort)}
          onClose={() => {
            abort.reset();
            setToAbort(undefined);
          }}
        />
      )}
    </section>
  );
}
