// What the overviews of both kinds of jobs show alike.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { jobPackages } from "../../api/job-parts";
import { tagsOf } from "../../api/queries";
import { download } from "../../api/s3";
import { Copyable, CopyButton } from "../../components/copy";
import { Card, Facts } from "../../components/facts";
import { PlaceLink } from "../../components/place-link";
import { Trouble } from "../../components/trouble";
import { parseLocation } from "../../lib/arns";
import { type JobKind, KINDS } from "../../lib/jobs";

export function Failure({ reason, kind, name }: { reason: string | undefined; kind: JobKind; name: string }) {
  if (!reason) return null;
  return (
    <div className="error">
      <h2>Why it failed</h2>
      <pre tabIndex={0}>{reason}</pre>
      <p>
        <Link to={`${KINDS[kind].path}/$name`} params={{ name }} search={{ tab: "log" }}>
          Look into its log
        </Link>
      </p>
    </div>
  );
}

/** Where else the job is to be seen. */
export function JobLinks({
  kind,
  name,
  arn,
  run,
}: {
  kind: JobKind;
  name: string;
  arn: string;
  /** The component that the job was to write to, where it was not its own. */
  run: string | undefined;
}) {
  return (
    <Card title="Elsewhere">
      <ul className="link-list">
        <li>
          <Link to="/components/$name" params={{ name: run ?? `${name}-aws-${kind}` }}>
            Trial component
          </Link>
          <span className="soft">parameters, metrics, artifacts</span>
        </li>
        <li>
          <Link to="/lineage" search={{ from: arn }}>
            Lineage
          </Link>
          <span className="soft">what it was made of, and what was made of it</span>
        </li>
        {kind === "training-job" && (
          <li>
            <Link to="/debugger/training-job/$name" params={{ name }}>
              Debugger
            </Link>
            <span className="soft">tensors, findings, the network</span>
          </li>
        )}
      </ul>
    </Card>
  );
}

/** The packages that the image became, once the job has them. */
export function Software({ kind, name }: { kind: JobKind; name: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const asked = useQuery({ ...jobPackages(kind, name), enabled: isOpen });
  return (
    <details className="software" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Packages of its environment</summary>
      {asked.error && <Trouble error={asked.error} what="the packages" />}
      {asked.data &&
        (asked.data.Packages.length === 0 ? (
          <p className="soft">They are known when the job has its environment.</p>
        ) : (
          <div className="stack tight">
            <div className="row spread">
              <span className="mono">{asked.data.Environment}</span>
              <CopyButton text={`${asked.data.Packages.join("\n")}\n`} label={`Copy ${asked.data.Packages.length} lines`} />
            </div>
            {/* Keys scroll it. */}
            <pre className="code packages" tabIndex={0}>
              {asked.data.Packages.join("\n")}
            </pre>
          </div>
        ))}
    </details>
  );
}

/** An address that can be copied, opened where it lies in S3, and where it is a file, saved. */
export function Place({ uri, what, isFile = false }: { uri: string | undefined; what: string; isFile?: boolean }) {
  const saving = useMutation({
    mutationFn: (place: { bucket: string; key: string }) => download(place),
  });
  const location = uri === undefined ? undefined : parseLocation(uri);
  if (!uri) return null;
  if (location === undefined) return <Copyable text={uri} what={what} />;
  return (
    <div className="stack tight place-row">
      <PlaceLink uri={uri} what={what} />
      {isFile && (
        <div>
          <button type="button" className="button small" disabled={saving.isPending} onClick={() => saving.mutate(location)}>
            Download
          </button>
        </div>
      )}
      {saving.error && <Trouble error={saving.error} what="this file" not="downloaded" may="download" />}
    </div>
  );
}

/** Tags of what has no form for them. */
export function TagList({ arn }: { arn: string | undefined }) {
  const tags = useQuery(tagsOf(arn));
  if (tags.error) return <Trouble error={tags.error} what="the tags" />;
  if (!tags.data || tags.data.length === 0) return null;
  return (
    <>
      <h3 className="tags-title">Tags</h3>
      <Facts facts={tags.data.map((tag) => [tag.Key, tag.Value])} />
    </>
  );
}
