// Where the vertices of a lineage stand: causes to the left, results to the right.
import dagre from "@dagrejs/dagre";
import type { Graph, Place } from "../../lib/lineage";
import { NODE_HEIGHT, NODE_WIDTH } from "./node";

/** The upper left corner of each vertex. */
export function placesOf(graph: Graph): Map<string, Place> {
  const drawn = new dagre.graphlib.Graph();
  drawn.setGraph({ rankdir: "LR", ranksep: 80, nodesep: 16, marginx: 24, marginy: 24 });
  drawn.setDefaultEdgeLabel(() => ({}));
  for (const arn of graph.vertices.keys()) drawn.setNode(arn, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { SourceArn, DestinationArn } of graph.edges) drawn.setEdge(SourceArn, DestinationArn);
  dagre.layout(drawn);
  const places = new Map<string, Place>();
  for (const arn of graph.vertices.keys()) {
    const { x, y } = drawn.node(arn) as Place;
    places.set(arn, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 });
  }
  return places;
}
