// One object: what it holds, what is known of it, and its versions.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { call } from "../../api/call";
import { deleteObjects, download, type ObjectName, sourceOf } from "../../api/s3";
import type { ObjectHead } from "../../api/s3-operations";
import { objectHead, objectTags, objectVersions, refresh } from "../../api/s3-queries";
import { Copyable, CopyButton } from "../../components/copy";
import { Facts } from "../../components/facts";
import { useNow } from "../../components/now";
import { Preview } from "../../components/preview/preview";
import { Unpacked } from "../../components/preview/unpacked";
import { Trouble } from "../../components/trouble";
import { ago, bytes, instant } from "../../lib/format";
import { arnOf, copyCommand, lastName, type ObjectPart, type S3Address, uriOf } from "../../lib/s3/address";
import { jobOfTensors } from "../../lib/s3/tensors";

interface PanelProps {
  bucket: string;
  objectKey: string;
  address: S3Address;
  onAddress: (changes: S3Address) => void;
  onClose: () => void;
}

const TABS: { id: ObjectPart; title: string }[] = [
  { id: "preview", title: "Preview" },
  { id: "details", title: "Details" },
  { id: "versions", title: "Versions" },
];

export function ObjectPanel({ bucket, objectKey: key, address, onAddress, onClose }: PanelProps) {
  const { version, part = "preview" } = address;
  const name = useMemo(() => ({ bucket, key, version }), [bucket, key, version]);
  const head = useQuery(objectHead(name));
  const save = useMutation({ mutationFn: () => download(name) });
  const job = jobOfTensors(key);
  return (
    <section className="card object-panel" aria-label={`Object ${lastName(key)}`}>
      <header>
        <h2 className="object-title">{lastName(key)}</h2>
        <button type="button" className="button small plain" onClick={onClose}>
          Close
        </button>
      </header>
      <div className="row object-tools">
        <button type="button" className="button small" disabled={save.isPending} onClick={() => save.mutate()}>
          Download
        </button>
        <CopyButton text={uriOf({ bucket, key })} label="Copy S3 URI" />
        <CopyButton text={copyCommand({ bucket, key })} label="Copy aws s3 cp" />
        <span className="soft">
          {bytes(head.data?.ContentLength)}
          {version && `, version ${version}`}
        </span>
      </div>
      {save.error && <Trouble error={save.error} what="this object" />}
      {job !== undefined && (
        <p className="soft">
          The job{" "}
          <Link to="/training-jobs/$name" params={{ name: job }}>
            {job}
          </Link>{" "}
          has captured this; its page draws it.
        </p>
      )}
      <nav className="tabs" aria-label="Parts of the object">
        {TABS.map(({ id, title }) => (
          <Link
            key={id}
            to="/s3/$bucket"
            params={{ bucket }}
            search={{ ...address, part: id === "preview" ? undefined : id }}
            activeOptions={{ exact: true }}
            {...{ "aria-current": id === part ? "page" : undefined }}
          >
            {title}
          </Link>
        ))}
      </nav>
      {part === "versions" ? (
        <Versions bucket={bucket} objectKey={key} address={address} />
      ) : head.error ? (
        <Trouble error={head.error} what="this object" />
      ) : head.data === undefined ? (
        <p className="soft preview-note">Loading …</p>
      ) : part === "details" ? (
        <Details name={name} head={head.data} />
      ) : (
        <Content
          name={name}
          size={head.data.ContentLength}
          type={head.data.ContentType ?? ""}
          etag={head.data.ETag}
          isPacked={head.data.ContentEncoding === "gzip" && !/gz$/.test(key)}
          entry={address.entry}
          onEntry={(entry) => onAddress({ entry })}
        />
      )}
    </section>
  );
}

function Content({
  name,
  size,
  type,
  etag,
  isPacked,
  entry,
  onEntry,
}: {
  name: ObjectName;
  size: number;
  type: string;
  etag: string;
  isPacked: boolean;
  entry: string | undefined;
  onEntry: (entry: string | undefined) => void;
}) {
  const source = useMemo(() => sourceOf(name, size, type), [name, size, type]);
  const id = `${uriOf(name)} ${name.version ?? ""} ${etag}`;
  return isPacked ? (
    <Unpacked key={id} id={id} source={source} />
  ) : (
    <Preview key={id} id={id} source={source} entry={entry} onEntry={onEntry} />
  );
}

function Details({ name, head }: { name: ObjectName; head: ObjectHead }) {
  const { bucket, key } = name;
  const now = useNow();
  const tags = useQuery(objectTags(name));
  const metadata = Object.entries(head.Metadata ?? {});
  const checksum = (["CRC64NVME", "CRC32", "CRC32C", "SHA1", "SHA256"] as const).flatMap((algorithm) => {
    const value = head[`Checksum${algorithm}`];
    return value ? [`${algorithm} ${value}`] : [];
  });
  return (
    <div className="stack tight">
      <Facts
        facts={[
          ["S3 URI", <Copyable key="u" text={uriOf({ bucket, key })} what="the S3 URI" />],
          ["ARN", <Copyable key="a" text={arnOf({ bucket, key })} what="the ARN" />],
          ["Size", `${bytes(head.ContentLength)} (${head.ContentLength.toLocaleString("en")} bytes)`],
          ["Modified", `${instant(head.LastModified)} (${ago(head.LastModified, now)})`],
          ["Content type", head.ContentType],
          ["Content encoding", head.ContentEncoding],
          ["Cache control", head.CacheControl],
          ["Disposition", head.ContentDisposition],
          ["ETag", <span key="e" className="mono">{head.ETag}</span>],
          ["Checksum", checksum.join(", ")],
          ["Storage class", head.StorageClass ?? "STANDARD"],
          ["Version", head.VersionId],
        ]}
      />
      <h3>Metadata of the user</h3>
      {metadata.length > 0 ? (
        <Facts facts={metadata} />
      ) : (
        <p className="soft">None. Programs set it with the object (Metadata of put_object).</p>
      )}
      <h3>Tags</h3>
      {tags.error ? (
        <Trouble error={tags.error} what="the tags" />
      ) : tags.data === undefined ? null : tags.data.length > 0 ? (
        <Facts facts={tags.data.map(({ Key, Value }) => [Key, Value])} />
      ) : (
        <p className="soft">None.</p>
      )}
    </div>
  );
}

function Versions({ bucket, objectKey: key, address }: Pick<PanelProps, "bucket" | "objectKey" | "address">) {
  const client = useQueryClient();
  const now = useNow();
  const versions = useQuery(objectVersions(bucket, key));
  const restore = useMutation({
    mutationFn: async (version: string) => {
      const source = `${bucket}/${encodeURIComponent(key)}?versionId=${version}`;
      await call("s3/CopyObject", { Bucket: bucket, Key: key, CopySource: source });
      await refresh(client);
    },
  });
  const removeMarker = useMutation({
    mutationFn: async (VersionId: string) => {
      await deleteObjects(bucket, [{ Key: key, VersionId }]);
      await refresh(client);
    },
  });
  const error = versions.error ?? restore.error ?? removeMarker.error;
  const rows = versions.data ?? [];
  return (
    <div className="stack tight">
      {error && <Trouble error={error} what="the versions" />}
      {rows.length === 1 && rows[0]?.version === "null" && (
        <p className="soft">This bucket keeps no versions: what is overwritten or deleted is gone.</p>
      )}
      <div className="scroll">
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Modified</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col" className="short">
                <span className="hidden-text">What can be done</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} className={row.version === address.version ? "open" : ""}>
                <th scope="row" className="mono">
                  {row.kind === "marker" ? (
                    <span className="soft">Deleted</span>
                  ) : (
                    <Link
                      to="/s3/$bucket"
                      params={{ bucket }}
                      search={{ ...address, version: row.version, part: undefined }}
                    >
                      {row.version}
                    </Link>
                  )}
                  {row.isLatest && <span className="soft"> latest</span>}
                </th>
                <td title={instant(row.modified)}>{row.modified !== undefined && ago(row.modified, now)}</td>
                <td className="number">{bytes(row.size)}</td>
                <td className="short">
                  {row.kind === "marker" && row.isLatest && (
                    <button
                      type="button"
                      className="button small"
                      disabled={removeMarker.isPending}
                      onClick={() => removeMarker.mutate(row.version ?? "")}
                    >
                      Bring back
                    </button>
                  )}
                  {row.kind === "object" && !row.isLatest && (
                    <button
                      type="button"
                      className="button small"
                      disabled={restore.isPending}
                      onClick={() => restore.mutate(row.version ?? "")}
                    >
                      Make latest
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
