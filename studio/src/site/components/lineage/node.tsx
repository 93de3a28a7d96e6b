// A vertex as the graph draws it: a link to its page, and what is not shown beside it.
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import { type Side, titleOf, type Vertex } from "../../lib/lineage";
import { typeWords, vertexKind } from "../../lib/vertex-kinds";
import { EntityLink } from "../entity-link";
import { Status } from "../status";
import { Sign } from "./sign";

export const NODE_WIDTH = 190;
export const NODE_HEIGHT = 54;

export type VertexNode = Node<
  {
    vertex: Vertex;
    before: number;
    after: number;
    isStart: boolean;
    isSelected: boolean;
    isFound: boolean;
    isDim: boolean;
    onMore: (arn: string, side: Side) => void;
    onSelect: (arn: string) => void;
  },
  "vertex"
>;

export const VertexBox = memo(function VertexBox({ data }: NodeProps<VertexNode>) {
  const { vertex } = data;
  const kind = vertexKind(vertex);
  const title = titleOf(vertex);
  const classes = [
    "vertex",
    `vertex-${vertex.LineageType.toLowerCase()}`,
    data.isStart && "start",
    data.isSelected && "selected",
    data.isFound && "found",
    data.isDim && "dimmed",
  ];
  return (
    <div className={classes.filter(Boolean).join(" ")} data-arn={vertex.Arn}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {data.before > 0 && <More vertex={vertex} side="before" count={data.before} onMore={data.onMore} />}
      <button
        type="button"
        className="vertex-body"
        aria-pressed={data.isSelected}
        tabIndex={-1}
        onClick={() => data.onSelect(vertex.Arn)}
      >
        <Sign kind={kind} />
        <span className="vertex-type">
          {typeWords(vertex.Type)}
          {data.isStart && " · start"}
        </span>
        {vertex.Status && (
          <span className="vertex-status" title={vertex.Status}>
            <Status status={vertex.Status} />
          </span>
        )}
        <span className="hidden-text">, details of {title}</span>
      </button>
      <EntityLink arn={vertex.Arn} className="vertex-name nodrag" title={vertex.Uri ?? title}>
        {title}
      </EntityLink>
      {data.after > 0 && <More vertex={vertex} side="after" count={data.after} onMore={data.onMore} />}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

function More({
  vertex,
  side,
  count,
  onMore,
}: {
  vertex: Vertex;
  side: Side;
  count: number;
  onMore: (arn: string, side: Side) => void;
}) {
  const what = side === "before" ? "it was made from" : "came of it";
  return (
    <button
      type="button"
      className={`vertex-more ${side} nodrag`}
      aria-label={`${titleOf(vertex)}: show ${count.toLocaleString("en")} more that ${what}`}
      title={`Show more that ${what}`}
      onClick={() => onMore(vertex.Arn, side)}
    >
      +{count > 999 ? "999…" : count}
    </button>
  );
}
