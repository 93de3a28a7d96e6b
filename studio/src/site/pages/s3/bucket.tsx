// One bucket: its folders and objects, one of them open, and all that can be done with them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { deleteObjects, type DeletedObjects, download } from "../../api/s3";
import { bucketVersioning, objectRows, refresh } from "../../api/s3-queries";
import { uploads } from "../../api/uploads";
import { CopyButton } from "../../components/copy";
import { Trouble } from "../../components/trouble";
import { copyCommand, crumbsOf, type ObjectSort, type S3Address, uriOf } from "../../lib/s3/address";
import { sorted } from "../../lib/s3/rows";
import { keyFor } from "../../lib/s3/upload-plan";
import { DeleteObjects } from "./delete-objects";
import { chosenFiles, droppedFiles, type Found, MOST_FILES } from "./drop";
import { NewFolder } from "./new-folder";
import { ObjectPanel } from "./object-panel";
import { ObjectTable } from "./object-table";
import { PrefixField } from "./prefix-field";
import { UnfinishedUploads } from "./unfinished-uploads";
import { UploadList } from "./upload-list";
import "../../style/s3.css";

const NOTHING: ReadonlySet<string> = new Set();

export function Bucket() {
  const { bucket } = useParams({ from: "/signed-in/s3/$bucket" });
  const address = useSearch({ from: "/signed-in/s3/$bucket" });
  const navigate = useNavigate({ from: "/s3/$bucket" });
  const client = useQueryClient();
  const { prefix: folder = "", starts = "", key, by: sort = "name", descending = false, versions = false } = address;
  const asked = useInfiniteQuery(objectRows(bucket, folder, starts, versions));
  const versioning = useQuery(bucketVersioning(bucket));
  const [selected, setSelected] = useState(NOTHING);
  const [open, setOpen] = useState<"delete" | "folder">();
  const [said, setSaid] = useState<{ text: string; markers: DeletedObjects["markers"] }>();
  const rows = useMemo(
    () => sorted(asked.data?.pages.flatMap((page) => page.rows) ?? [], sort, descending),
    [asked.data, sort, descending],
  );
  const chosen = useMemo(() => rows.filter(({ id }) => selected.has(id)), [rows, selected]);

  useEffect(() => {
    document.title = `${folder.split("/").at(-2) || bucket} · S3 · Clary Studio`;
  }, [bucket, folder]);
  useEffect(() => setSelected(NOTHING), [bucket, folder, starts, versions]);

  const change = useCallback(
    (changes: S3Address, replace = false) =>
      void navigate({ search: (before) => ({ ...before, ...changes }), replace }),
    [navigate],
  );
  const { fetchNextPage, isFetchingNextPage } = asked;
  const onEnd = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const onSort = (wanted: ObjectSort): void =>
    change({
      by: wanted === "name" ? undefined : wanted,
      // The largest and the newest are looked for; names from A on.
      descending: (wanted === sort ? !descending : wanted !== "name") || undefined,
    });

  const upload = (files: Found[]): void => {
    uploads.add(bucket, files.map(({ path, file }) => ({ key: keyFor(folder, path), file })));
    if (files.length >= MOST_FILES) setSaid({ text: `The first ${MOST_FILES} files are sent.`, markers: [] });
  };
  const save = useMutation({
    mutationFn: async () => {
      // Each waits for the one before: browsers start few at a time.
      for (const row of chosen.filter(({ kind }) => kind === "object")) {
        await download({ bucket, key: row.key, version: row.version });
      }
    },
  });
  const undo = useMutation({
    mutationFn: async (markers: DeletedObjects["markers"]) => {
      await deleteObjects(bucket, markers);
      await refresh(client);
    },
    onSuccess: () => setSaid(undefined),
  });
  const place = { bucket, key: folder };
  const hasFolders = chosen.some(({ kind }) => kind === "folder");

  return (
    <DropPlace onFiles={upload} onTrouble={(text) => setSaid({ text, markers: [] })}>
      <div className="row spread">
        <Crumbs bucket={bucket} folder={folder} />
        <div className="row">
          <CopyButton text={uriOf(place)} label="Copy S3 URI" />
          <CopyButton text={copyCommand(place)} label="Copy aws s3 cp" />
        </div>
      </div>
      <div className="toolbar">
        <PrefixField key={folder} value={starts} onChange={(text) => change({ starts: text || undefined }, true)} />
        {versioning.data !== undefined && versioning.data !== "Off" && (
          <label className="check">
            <input
              type="checkbox"
              checked={versions}
              onChange={(event) => change({ versions: event.target.checked || undefined })}
            />
            Show versions
          </label>
        )}
        <span className="soft" role="status">
          {asked.data &&
            `${rows.length.toLocaleString("en")}${asked.hasNextPage ? "+" : ""} ${rows.length === 1 ? "entry" : "entries"}`}
        </span>
        <div className="grow" />
        {chosen.length > 0 && (
          <>
            <span role="status">{chosen.length.toLocaleString("en")} selected</span>
            <button
              type="button"
              className="button"
              disabled={hasFolders || save.isPending}
              title={hasFolders ? "Folders: copy the command aws s3 cp" : undefined}
              onClick={() => save.mutate()}
            >
              Download
            </button>
            <button type="button" className="button danger" onClick={() => setOpen("delete")}>
              Delete
            </button>
          </>
        )}
        <button type="button" className="button" onClick={() => void refresh(client)}>
          Refresh
        </button>
        <button
          type="button"
          className="button"
          aria-expanded={address.unfinished ?? false}
          onClick={() => change({ unfinished: address.unfinished ? undefined : true }, true)}
        >
          Unfinished uploads
        </button>
        <button type="button" className="button" onClick={() => setOpen("folder")}>
          New folder
        </button>
        <UploadButtons onFiles={upload} />
      </div>
      {said && (
        <div className="said row" role="status">
          {said.text}
          {said.markers.length > 0 && (
            <button
              type="button"
              className="button small"
              disabled={undo.isPending}
              onClick={() => undo.mutate(said.markers)}
            >
              Undo
            </button>
          )}
          <button type="button" className="button small plain" onClick={() => setSaid(undefined)}>
            Close
          </button>
        </div>
      )}
      {(save.error ?? undo.error) && <Trouble error={save.error ?? (undo.error as Error)} what="this" />}
      <UploadList />
      {address.unfinished && (
        <UnfinishedUploads bucket={bucket} folder={folder} onClose={() => change({ unfinished: undefined }, true)} />
      )}
      <div className={`objects-and-one${key === undefined ? "" : " with-one"}`}>
        {asked.error ? (
          <Trouble error={asked.error} what={`the bucket ${bucket}`} />
        ) : rows.length === 0 && !asked.isPending ? (
          <Empty starts={starts} onAll={() => change({ starts: undefined })} />
        ) : (
          <ObjectTable
            bucket={bucket}
            rows={rows}
            selected={selected}
            onSelect={setSelected}
            address={address}
            onSort={onSort}
            hasMore={asked.hasNextPage}
            onEnd={onEnd}
          />
        )}
        {key !== undefined && (
          <ObjectPanel
            bucket={bucket}
            objectKey={key}
            address={address}
            onAddress={change}
            onClose={() => change({ key: undefined, version: undefined, part: undefined, entry: undefined })}
          />
        )}
      </div>
      {open === "delete" && (
        <DeleteObjects
          bucket={bucket}
          rows={chosen}
          onDone={(text, markers) => {
            setSelected(NOTHING);
            setSaid({ text, markers });
            if (chosen.some((row) => row.key === key)) change({ key: undefined, version: undefined }, true);
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "folder" && <NewFolder bucket={bucket} folder={folder} onClose={() => setOpen(undefined)} />}
    </DropPlace>
  );
}

function Crumbs({ bucket, folder }: { bucket: string; folder: string }) {
  const crumbs = [{ name: bucket, prefix: "" }, ...crumbsOf(folder)];
  return (
    <nav className="crumbs" aria-label="Folders above">
      <Link to="/s3">S3</Link>
      {crumbs.map(({ name, prefix }, index) => (
        <span key={prefix}>
          <span aria-hidden="true"> / </span>
          {index === crumbs.length - 1 ? (
            <h1>{name}</h1>
          ) : (
            <Link to="/s3/$bucket" params={{ bucket }} search={{ prefix: prefix || undefined }}>
              {name}
            </Link>
          )}
        </span>
      ))}
    </nav>
  );
}

function UploadButtons({ onFiles }: { onFiles: (files: Found[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement): void => {
    onFiles(chosenFiles(input.files));
    // The same files may be chosen again.
    input.value = "";
  };
  const fields = { type: "file", multiple: true, hidden: true, tabIndex: -1 };
  return (
    <>
      <input {...fields} ref={files} aria-label="Files to upload" onChange={(event) => take(event.target)} />
      <input
        {...fields}
        ref={folder}
        aria-label="A folder to upload"
        {...{ webkitdirectory: "" }}
        onChange={(event) => take(event.target)}
      />
      <button type="button" className="button" onClick={() => folder.current?.click()}>
        Upload folder
      </button>
      <button type="button" className="button primary" onClick={() => files.current?.click()}>
        Upload
      </button>
    </>
  );
}

function DropPlace({
  onFiles,
  onTrouble,
  children,
}: {
  onFiles: (files: Found[]) => void;
  onTrouble: (text: string) => void;
  children: ReactNode;
}) {
  const [isOver, setIsOver] = useState(false);
  return (
    <div
      className={`stack tight drop-place${isOver ? " over" : ""}`}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setIsOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        droppedFiles(event.dataTransfer).then(onFiles, () => onTrouble("What was dropped can't be read."));
      }}
    >
      {children}
    </div>
  );
}

function Empty({ starts, onAll }: { starts: string; onAll: () => void }) {
  if (starts !== "") {
    return (
      <div className="card empty">
        <h2>Nothing here begins with “{starts}”</h2>
        <button type="button" className="button" onClick={onAll}>
          Show all
        </button>
      </div>
    );
  }
  return (
    <div className="card empty">
      <h2>Nothing lies here yet</h2>
      <p className="soft">Drop files or folders on this page, or upload them.</p>
    </div>
  );
}
