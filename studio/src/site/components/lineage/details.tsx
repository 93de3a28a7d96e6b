// The selected vertex of a lineage: what it is, and where one can go from it.
import { hiddenCount, type Graph, type Side, titleOf, type Vertex } from "../../lib/lineage";
import { ago, instant } from "../../lib/format";
import { parseArn } from "../../lib/arns";
import { typeWords, vertexKind } from "../../lib/vertex-kinds";
import { Copyable } from "../copy";
import { EntityLink } from "../entity-link";
import { Facts } from "../facts";
import { useNow } from "../now";
import { PlaceLink } from "../place-link";
import { Status } from "../status";
import { Sign } from "./sign";

export function VertexDetails({
  graph,
  vertex,
  onMore,
  onStart,
  onClose,
}: {
  graph: Graph;
  vertex: Vertex;
  onMore: (arn: string, side: Side) => void;
  onStart: ((arn: string) => void) | undefined;
  onClose: () => void;
}) {
  const now = useNow(60_000);
  const before = hiddenCount(graph, vertex.Arn, "before");
  const after = hiddenCount(graph, vertex.Arn, "after");
  return (
    <aside className="card vertex-details" aria-label="Selected">
      <header>
        <h2 className="vertex-title">
          <Sign kind={vertexKind(vertex)} />
          {titleOf(vertex)}
        </h2>
        <button type="button" className="icon-button" onClick={onClose} aria-label="Close the details">
          <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.8">
            <path d="M4 4l8 8M12 4l-8 8" strokeLinecap="round" />
          </svg>
        </button>
      </header>
      <Facts
        facts={[
          ["Type", typeWords(vertex.Type)],
          ["Status", vertex.Status && <Status status={vertex.Status} />],
          ["Location", vertex.Uri && <PlaceLink uri={vertex.Uri} what="the location" />],
          ["Job", vertex.Job && <EntityLink arn={vertex.Job}>{parseArn(vertex.Job)?.id}</EntityLink>],
          ["Created", vertex.CreationTime && `${instant(vertex.CreationTime)} (${ago(vertex.CreationTime, now)})`],
          ["Made from", vertex.Before.toLocaleString("en")],
          ["Came of it", vertex.After.toLocaleString("en")],
          ["ARN", <Copyable key="arn" text={vertex.Arn} what="the ARN" />],
        ]}
      />
      <div className="row vertex-actions">
        <EntityLink arn={vertex.Arn} className="button small">
          Open its page
        </EntityLink>
        {onStart && vertex.Arn !== graph.start && (
          <button type="button" className="button small" onClick={() => onStart(vertex.Arn)}>
            Start here
          </button>
        )}
        {before > 0 && (
          <button type="button" className="button small" onClick={() => onMore(vertex.Arn, "before")}>
            {before.toLocaleString("en")} more that it was made from
          </button>
        )}
        {after > 0 && (
          <button type="button" className="button small" onClick={() => onMore(vertex.Arn, "after")}>
            {after.toLocaleString("en")} more that came of it
          </button>
        )}
      </div>
    </aside>
  );
}
