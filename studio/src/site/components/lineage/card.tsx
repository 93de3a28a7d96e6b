// A card with what is next to a vertex in its lineage, and the way to the whole graph.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isNotFound, lineage } from "../../api/lineage";
import { graphOf, hiddenCount, type Graph, type Side, titleOf } from "../../lib/lineage";
import { typeWords, vertexKind } from "../../lib/vertex-kinds";
import { EntityLink } from "../entity-link";
import { Card } from "../facts";
import { Trouble } from "../trouble";
import { Sign } from "./sign";

const FEW = 6;

/** arn: of a vertex or a job. */
export function LineageCard({ arn }: { arn: string }) {
  const asked = useQuery({ ...lineage(arn, undefined, 1), enabled: arn !== "" });
  const graph = asked.data === undefined ? undefined : graphOf([asked.data]);
  return (
    <Card
      title="Lineage"
      action={
        graph && (
          <Link to="/lineage" search={{ from: arn }}>
            Show as a graph
          </Link>
        )
      }
    >
      {asked.error ? (
        isNotFound(asked.error) ? (
          <p className="soft">{asked.error.message}</p>
        ) : (
          <Trouble error={asked.error} what="the lineage" />
        )
      ) : graph === undefined ? (
        <p className="soft">Loading …</p>
      ) : (
        <div className="lineage-card">
          <Next graph={graph} side="before" title="Made from" />
          <Next graph={graph} side="after" title="What came of it" />
        </div>
      )}
    </Card>
  );
}

function Next({ graph, side, title }: { graph: Graph; side: Side; title: string }) {
  const arns = graph[side].get(graph.start) ?? [];
  const more = hiddenCount(graph, graph.start, side) + Math.max(0, arns.length - FEW);
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      {arns.length === 0 && <p className="soft">Nothing yet.</p>}
      <ul className="lineage-tree">
        {arns.slice(0, FEW).map((arn) => {
          const vertex = graph.vertices.get(arn);
          return (
            vertex && (
              <li key={arn}>
                <Sign kind={vertexKind(vertex)} />
                <EntityLink arn={arn} className="vertex-name" title={vertex.Uri ?? titleOf(vertex)}>
                  {titleOf(vertex)}
                </EntityLink>
                <span className="soft">{typeWords(vertex.Type)}</span>
              </li>
            )
          );
        })}
      </ul>
      {more > 0 && <p className="soft">and {more.toLocaleString("en")} more</p>}
    </section>
  );
}
