// What a component read and wrote: where it lies, and what is in it where a page can show that.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { lineage } from "../../api/lineage";
import type { TrialComponent } from "../../api/tracking-operations";
import { Copyable } from "../../components/copy";
import { EntityLink } from "../../components/entity-link";
import { Card } from "../../components/facts";
import { LoggedContent } from "../../components/logged/logged";
import { ObjectContent } from "../../components/logged/object-content";
import { S3Link } from "../../components/place-link";
import { parseLocation } from "../../lib/arns";
import { artifactsOf, type ComponentArtifact, isShown } from "../../lib/component";
import type { ComponentAddress } from "../../lib/component-address";
import { LOGGED_TYPES } from "../../lib/logged";
import { typeWords } from "../../lib/vertex-kinds";

interface Row extends ComponentArtifact {
  /** Of the lineage; undefined for what is no location, such as debug output. */
  arn: string | undefined;
  type: string;
}

export function ComponentArtifacts({
  component,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const arn = component.TrialComponentArn ?? "";
  const asked = useQuery({ ...lineage(arn, undefined, 1), enabled: arn !== "" });
  const rows = useMemo((): Row[] => {
    const vertices = (asked.data?.Vertices ?? []).filter(({ LineageType }) => LineageType === "Artifact");
    const outputs = new Set((asked.data?.Edges ?? []).filter((edge) => edge.SourceArn === arn).map((edge) => edge.DestinationArn));
    const own = artifactsOf(component).map((artifact) => {
      const place = artifact.value.replace(/\/$/, "");
      const vertex = vertices.find(({ Uri }) => Uri?.replace(/\/$/, "") === place);
      return { ...artifact, arn: vertex?.Arn, type: vertex?.Type ?? "" };
    });
    const told = new Set(own.map((each) => each.arn));
    // Graphs and the source of a script are artifacts of the lineage only.
    const others = vertices
      .filter((vertex) => !told.has(vertex.Arn))
      .map((vertex) => ({
        name: vertex.Name ?? "",
        value: vertex.Uri ?? "",
        mediaType: "",
        isOutput: outputs.has(vertex.Arn),
        arn: vertex.Arn,
        type: vertex.Type,
      }));
    return [...own, ...others];
  }, [component, asked.data, arn]);

  if (rows.length === 0 && !asked.isPending) {
    return (
      <div className="card empty">
        <h2>It has no artifacts</h2>
        <p className="soft">
          A job has its inputs, image and model here. <code>run.log_file(path)</code> and{" "}
          <code>tracker.log_artifact(path)</code> add files.
        </p>
      </div>
    );
  }
  const part = (isOutput: boolean) => rows.filter((each) => each.isOutput === isOutput);
  return (
    <div className="stack">
      <Artifacts title="Inputs" rows={part(false)} open={address.open} onOpen={(open) => onChange({ open })} />
      <Artifacts title="Outputs" rows={part(true)} open={address.open} onOpen={(open) => onChange({ open })} />
    </div>
  );
}

function Artifacts({
  title,
  rows,
  open,
  onOpen,
}: {
  title: string;
  rows: Row[];
  open: string | undefined;
  onOpen: (name: string | undefined) => void;
}) {
  return (
    <Card title={title} wide>
      {rows.length === 0 ? (
        <p className="soft">None.</p>
      ) : (
        <ul className="artifact-lines">
          {rows.map((row, index) => (
            <Line key={`${row.name} ${index}`} row={row} isOpen={open === keyOf(row)} onOpen={onOpen} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function keyOf(row: Row): string {
  return `${row.isOutput ? "out" : "in"}:${row.name}`;
}

function Line({ row, isOpen, onOpen }: { row: Row; isOpen: boolean; onOpen: (name: string | undefined) => void }) {
  const isLogged = (LOGGED_TYPES as readonly string[]).includes(row.type);
  const isInS3 = parseLocation(row.value) !== undefined;
  const canShow = isInS3 && (isLogged || isShown(row.value, row.mediaType));
  return (
    <li>
      <div className="artifact-name">
        {row.arn === undefined ? <strong>{row.name}</strong> : <EntityLink arn={row.arn}>{row.name || "no name"}</EntityLink>}
        <span className="soft">{[row.type && typeWords(row.type), row.mediaType].filter(Boolean).join(" · ")}</span>
      </div>
      <Copyable text={row.value} what={`the location of ${row.name}`} />
      <div className="row artifact-actions">
        {canShow && (
          <button
            type="button"
            className="button small"
            aria-expanded={isOpen}
            onClick={() => onOpen(isOpen ? undefined : keyOf(row))}
          >
            {isOpen ? "Hide" : "Show"}
          </button>
        )}
        {isInS3 && <S3Link uri={row.value}>Open in S3</S3Link>}
      </div>
      {isOpen && canShow && (
        <div className="artifact-content">
          {isLogged ? (
            <LoggedContent uri={row.value} />
          ) : (
            <ObjectContent uri={row.value} mediaType={row.mediaType} />
          )}
        </div>
      )}
    </li>
  );
}
