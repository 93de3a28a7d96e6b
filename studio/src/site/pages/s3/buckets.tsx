// All buckets of the account.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouteContext } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { call } from "../../api/call";
import { bucketList, refresh } from "../../api/s3-queries";
import { CopyButton } from "../../components/copy";
import { Dialog } from "../../components/dialog";
import { useNow } from "../../components/now";
import { Question } from "../../components/question";
import { Trouble } from "../../components/trouble";
import { ago, instant } from "../../lib/format";
import "../../style/s3.css";

export function Buckets() {
  const asked = useQuery(bucketList);
  const now = useNow();
  const [search, setSearch] = useState("");
  const [isCreating, setIsCreating] = useState(false);
  const [deleted, setDeleted] = useState<string>();
  useEffect(() => {
    document.title = "S3 · Clary Studio";
  }, []);
  const shown = (asked.data ?? []).filter(({ Name }) => Name.includes(search.trim().toLowerCase()));
  const first = "aws s3 mb s3://my-bucket\naws s3 cp --recursive ./data s3://my-bucket/data";
  return (
    <div className="stack">
      <div className="row spread">
        <h1>S3</h1>
        <button type="button" className="button primary" onClick={() => setIsCreating(true)}>
          Create bucket
        </button>
      </div>
      {asked.error ? (
        <Trouble error={asked.error} what="the buckets" />
      ) : asked.data?.length === 0 ? (
        <div className="card empty">
          <h2>There is no bucket yet</h2>
          <p className="soft">Data, models and results lie in buckets. Create one here, or so:</p>
          <pre tabIndex={0}>{first}</pre>
          <CopyButton text={first} label="Copy" />
        </div>
      ) : (
        <>
          <div className="toolbar">
            <input
              type="search"
              className="field"
              placeholder="Search by name"
              aria-label="Search buckets by name"
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
            <span className="soft" role="status">
              {asked.data && `${shown.length.toLocaleString("en")} bucket${shown.length === 1 ? "" : "s"}`}
            </span>
          </div>
          <div className="card scroll">
            <table className="plain-table buckets">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col" className="short">
                    Created
                  </th>
                  <th scope="col" className="short">
                    <span className="hidden-text">What can be done</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.slice(0, 1_000).map(({ Name, CreationDate }) => (
                  <tr key={Name}>
                    <th scope="row">
                      <Link to="/s3/$bucket" params={{ bucket: Name }}>
                        {Name}
                      </Link>
                    </th>
                    <td className="short">
                      <time title={instant(CreationDate)}>{ago(CreationDate, now)}</time>
                    </td>
                    <td className="short">
                      <button type="button" className="button small plain" onClick={() => setDeleted(Name)}>
                        Delete <span className="hidden-text">{Name}</span>
                      </button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {isCreating && <CreateBucket onClose={() => setIsCreating(false)} />}
      {deleted !== undefined && <DeleteBucket name={deleted} onClose={() => setDeleted(undefined)} />}
    </div>
  );
}

function CreateBucket({ onClose }: { onClose: () => void }) {
  const { session } = useRouteContext({ from: "/signed-in" });
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [keeps, setKeeps] = useState(false);
  const create = useMutation({
    mutationFn: async () => {
      // The first region has no name where a bucket lies.
      const place =
        session.Region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: session.Region } };
      await call("s3/CreateBucket", { Bucket: name, ...place });
      if (keeps) {
        await call("s3/PutBucketVersioning", { Bucket: name, VersioningConfiguration: { Status: "Enabled" } });
      }
      await refresh(client);
      await navigate({ to: "/s3/$bucket", params: { bucket: name } });
    },
    onSuccess: onClose,
  });
  return (
    <Dialog label="Create a bucket" onClose={onClose}>
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <h2>Create a bucket</h2>
        <label className="stack tight">
          Name
          <input
            className="field"
            value={name}
            onChange={(event) => setName(event.target.value.toLowerCase())}
            placeholder="my-bucket"
            spellCheck={false}
          />
        </label>
        <p className="soft">3 to 63 of a to z, 0 to 9, dots and hyphens; it begins and ends with a letter or a number.</p>
        <label className="check">
          <input type="checkbox" checked={keeps} onChange={(event) => setKeeps(event.target.checked)} />
          Keep versions: what is overwritten or deleted can be brought back
        </label>
        {create.error && <Trouble error={create.error} what="this bucket" />}
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={create.isPending || name.length < 3}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteBucket({ name, onClose }: { name: string; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: async () => {
      await call("s3/DeleteBucket", { Bucket: name });
      await refresh(client);
    },
    onSuccess: onClose,
  });
  return (
    <Question
      title={`Delete the bucket ${name}?`}
      text="It has to be empty: delete its objects first, and their versions where it keeps them."
      yes="Delete bucket"
      error={remove.error}
      isBusy={remove.isPending}
      onYes={() => remove.mutate()}
      onClose={onClose}
    />
  );
}
