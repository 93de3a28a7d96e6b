// What is being sent, how far it is, and what waits for a word of the user.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { refresh } from "../../api/s3-queries";
import { type Upload, uploads } from "../../api/uploads";
import { bytes } from "../../lib/format";
import { lastName } from "../../lib/s3/address";

/** Rows on the page; the sum above counts all. */
const MOST_SHOWN = 50;

export function UploadList() {
  const list = useSyncExternalStore(uploads.subscribe, uploads.list);
  const client = useQueryClient();
  const done = list.filter(({ state }) => state === "done").length;
  const seen = useRef(done);
  useEffect(() => {
    if (done === seen.current) return undefined;
    // Hundreds of small files are one refresh of the list.
    const timer = setTimeout(() => {
      seen.current = done;
      void refresh(client);
    }, 300);
    return () => clearTimeout(timer);
  }, [done, client]);
  const busy = uploads.isBusy;
  useEffect(() => {
    if (!busy) return undefined;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [busy]);
  if (list.length === 0) return null;
  const total = list.reduce((sum, { file }) => sum + file.size, 0);
  const sent = list.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  const existing = list.filter(({ state }) => state === "exists");
  const failed = list.filter(({ state }) => state === "failed").length;
  const waits = list.filter(({ state }) => state === "waiting" || state === "sending").length;
  const shown = [...list].sort((one, other) => order(one) - order(other)).slice(0, MOST_SHOWN);
  return (
    <section className="card uploads" aria-label="Uploads">
      <header>
        <h2>
          {waits > 0
            ? `Uploading ${waits} of ${list.length} files`
            : `${done} of ${list.length} file${list.length === 1 ? "" : "s"} uploaded`}
        </h2>
        <div className="row">
          {waits > 0 ? (
            <button
              type="button"
              className="button small"
              onClick={() => {
                for (const { id, state } of list) if (state === "waiting" || state === "sending") uploads.cancel(id);
              }}
            >
              Cancel all
            </button>
          ) : (
            <button type="button" className="button small plain" onClick={() => uploads.clear()}>
              Close
            </button>
          )}
        </div>
      </header>
      <progress className="progress" aria-label="All uploads" max={total || 1} value={total ? sent : 1} />
      <p className="soft" role="status">
        {bytes(sent)} of {bytes(total)}
        {failed > 0 && `, ${failed} failed`}
      </p>
      {existing.length > 0 && (
        <div className="exists" role="alert">
          <p>
            {existing.length === 1
              ? `${lastName(existing[0]?.key ?? "")} exists already.`
              : `${existing.length} of these exist already.`}{" "}
            Overwrite?
          </p>
          <div className="row">
            <button
              type="button"
              className="button small danger"
              onClick={() => uploads.overwrite(existing.map(({ id }) => id))}
            >
              Overwrite
            </button>
            <button
              type="button"
              className="button small"
              onClick={() => {
                for (const { id } of existing) uploads.cancel(id);
              }}
            >
              Keep what is there
            </button>
          </div>
        </div>
      )}
      <ul>
        {shown.map((upload) => (
          <UploadLine key={upload.id} upload={upload} />
        ))}
      </ul>
      {list.length > shown.length && <p className="soft">and {list.length - shown.length} more</p>}
    </section>
  );
}

const ORDER = ["failed", "exists", "sending", "waiting", "cancelled", "done"];
const order = ({ state }: Upload): number => ORDER.indexOf(state);

const WORDS: Record<string, string> = {
  waiting: "Waiting",
  exists: "Exists already",
  done: "Done",
  cancelled: "Cancelled",
};

function UploadLine({ upload }: { upload: Upload }) {
  const { id, key, bucket, file, state, sentBytes, error } = upload;
  return (
    <li>
      <span className="upload-name" title={`s3://${bucket}/${key}`}>
        {key}
      </span>
      <span className="soft">{bytes(file.size)}</span>
      {state === "sending" ? (
        <progress aria-label={`Upload of ${key}`} max={file.size || 1} value={sentBytes} />
      ) : (
        <span className={state === "failed" ? "warning" : "soft"}>{error?.message ?? WORDS[state] ?? ""}</span>
      )}
      {(state === "waiting" || state === "sending") && (
        <button type="button" className="button small plain" onClick={() => uploads.cancel(id)}>
          Cancel <span className="hidden-text">{key}</span>
        </button>
      )}
      {(state === "failed" || state === "cancelled") && (
        <button type="button" className="button small plain" onClick={() => uploads.retry(id)}>
          Try again <span className="hidden-text">{key}</span>
        </button>
      )}
    </li>
  );
}
