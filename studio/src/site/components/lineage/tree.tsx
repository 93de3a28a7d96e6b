// The same lineage as two lists: what it was made from, and what came of it.
import { type Graph, hiddenCount, type Side, titleOf, type TreeRow, treeOf } from "../../lib/lineage";
import { typeWords, vertexKind } from "../../lib/vertex-kinds";
import { EntityLink } from "../entity-link";
import { Status } from "../status";
import { Sign } from "./sign";

export function LineageTree({
  graph,
  found,
  onMore,
}: {
  graph: Graph;
  found: ReadonlySet<string>;
  onMore: (arn: string, side: Side) => void;
}) {
  return (
    <div className="lineage-trees">
      <Direction graph={graph} side="before" title="Made from" found={found} onMore={onMore} />
      <Direction graph={graph} side="after" title="What came of it" found={found} onMore={onMore} />
    </div>
  );
}

function Direction({
  graph,
  side,
  title,
  found,
  onMore,
}: {
  graph: Graph;
  side: Side;
  title: string;
  found: ReadonlySet<string>;
  onMore: (arn: string, side: Side) => void;
}) {
  const rows = treeOf(graph, side);
  const hidden = hiddenCount(graph, graph.start, side);
  return (
    <section className="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {rows.length === 0 && hidden === 0 && (
        <p className="soft">
          {side === "before" ? "Nothing is known that it was made from." : "Nothing is known that came of it."}
        </p>
      )}
      <ul className="lineage-tree">
        {rows.map((row, index) => (
          <Row key={index} row={row} side={side} isFound={found.has(row.vertex.Arn)} onMore={onMore} />
        ))}
      </ul>
      {hidden > 0 && (
        <button type="button" className="button small" onClick={() => onMore(graph.start, side)}>
          Show more of {hidden.toLocaleString("en")}
        </button>
      )}
    </section>
  );
}

function Row({
  row,
  side,
  isFound,
  onMore,
}: {
  row: TreeRow;
  side: Side;
  isFound: boolean;
  onMore: (arn: string, side: Side) => void;
}) {
  const { vertex } = row;
  return (
    <li className={isFound ? "found" : ""} style={{ paddingInlineStart: `${Math.min(row.level - 1, 12) * 20}px` }}>
      <Sign kind={vertexKind(vertex)} />
      <span className="hidden-text">Level {row.level}: </span>
      <EntityLink arn={vertex.Arn} className="vertex-name" {...(vertex.Uri && { title: vertex.Uri })}>
        {titleOf(vertex)}
      </EntityLink>
      <span className="soft">
        {typeWords(vertex.Type)}
        {row.association && ` · ${row.association}`}
        {row.isAgain && " · told above"}
      </span>
      {vertex.Status && <Status status={vertex.Status} />}
      {row.hidden > 0 && (
        <button
          type="button"
          className="button small plain"
          aria-label={`${titleOf(vertex)}: show ${row.hidden.toLocaleString("en")} more`}
          onClick={() => onMore(vertex.Arn, side)}
        >
          +{row.hidden.toLocaleString("en")}
        </button>
      )}
    </li>
  );
}
