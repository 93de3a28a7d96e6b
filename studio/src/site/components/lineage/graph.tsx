// The lineage as a graph to walk: with the mouse, by touch, and with the arrow keys from one link to the next.
import {
  Background,
  type Edge as FlowEdge,
  MarkerType,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import { type Graph, hiddenCount, type Place, reach, type Side, stepTo } from "../../lib/lineage";
import { placesOf } from "./layout";
import { NODE_HEIGHT, NODE_WIDTH, VertexBox, type VertexNode } from "./node";

const NODE_TYPES = { vertex: VertexBox };
const USUAL = new Set(["ContributedTo", "Produced"]);
/** Below it, names can't be read. */
const LEAST_ZOOM = 0.6;
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const;

export interface GraphProps {
  graph: Graph;
  selected: string | undefined;
  found: ReadonlySet<string>;
  /** Of what is found, the one to bring into sight. */
  here: string | undefined;
  onMore: (arn: string, side: Side) => void;
  onSelect: (arn: string | undefined) => void;
}

export default function LineageGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Drawn {...props} />
    </ReactFlowProvider>
  );
}

function sizeOf(places: ReadonlyMap<string, Place>): Place {
  const all = [...places.values()];
  return {
    x: Math.max(...all.map(({ x }) => x)) + NODE_WIDTH + 24,
    y: Math.max(...all.map(({ y }) => y)) + NODE_HEIGHT + 24,
  };
}

function Drawn({ graph, selected, found, here, onMore, onSelect }: GraphProps) {
  const flow = useReactFlow();
  const box = useRef<HTMLDivElement>(null);
  const places = useMemo(() => placesOf(graph), [graph]);
  /** The selected vertex, what it was made from and what came of it. */
  const path = useMemo(
    () =>
      selected === undefined
        ? undefined
        : new Set([selected, ...reach(graph, selected, "before"), ...reach(graph, selected, "after")]),
    [graph, selected],
  );

  const nodes = useMemo(
    (): VertexNode[] =>
      [...graph.vertices.values()].map((vertex) => ({
        id: vertex.Arn,
        type: "vertex",
        position: places.get(vertex.Arn) ?? { x: 0, y: 0 },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        data: {
          vertex,
          before: hiddenCount(graph, vertex.Arn, "before"),
          after: hiddenCount(graph, vertex.Arn, "after"),
          isStart: vertex.Arn === graph.start,
          isSelected: vertex.Arn === selected,
          isFound: found.has(vertex.Arn),
          isDim: path !== undefined && !path.has(vertex.Arn),
          onMore,
          onSelect,
        },
      })),
    [graph, places, selected, found, path, onMore, onSelect],
  );
  const edges = useMemo(
    (): FlowEdge[] =>
      graph.edges.map((edge) => {
        const isOnPath = path?.has(edge.SourceArn) === true && path.has(edge.DestinationArn);
        // Data contributes to a job and a job produces a model: what is said of nearly all edges is shown on demand.
        const isUsual = USUAL.has(edge.AssociationType ?? "");
        return {
          id: `${edge.SourceArn} ${edge.DestinationArn}`,
          source: edge.SourceArn,
          target: edge.DestinationArn,
          label: edge.AssociationType,
          className: `${isOnPath ? "on-path" : path === undefined ? "" : "dimmed"}${isUsual ? " usual" : ""}`,
          markerEnd: { type: MarkerType.ArrowClosed, width: 14, height: 14, color: "var(--line-edge)" },
          labelBgPadding: [4, 2] as [number, number],
          labelBgBorderRadius: 4,
        };
      }),
    [graph, path],
  );

  const start = graph.start;
  const size = useMemo(() => sizeOf(places), [places]);
  useEffect(() => {
    const frame = box.current;
    if (frame === null) return;
    // All of it where names can be read then; else the start.
    const zoom = Math.min(1, frame.clientWidth / size.x, frame.clientHeight / size.y);
    if (zoom >= LEAST_ZOOM) void flow.fitView({ padding: 0.02, maxZoom: 1 });
    else void flow.fitView({ nodes: [{ id: start }], maxZoom: 0.85 });
  }, [flow, start, size]);

  const bringIntoSight = (arn: string, isAnimated = true): void => {
    const place = places.get(arn);
    if (place === undefined) return;
    const zoom = Math.max(0.8, flow.getZoom());
    const duration = isAnimated && !matchMedia("(prefers-reduced-motion: reduce)").matches ? 200 : 0;
    void flow.setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom, duration });
  };
  useEffect(() => {
    if (here !== undefined) bringIntoSight(here);
  }, [here]);

  const nodeOf = (element: Element | null): HTMLElement | null => element?.closest<HTMLElement>("[data-arn]") ?? null;

  const onKeyDown = (event: KeyboardEvent): void => {
    const key = ARROWS.find((each) => each === event.key);
    const arn = nodeOf(event.target as Element)?.dataset["arn"];
    if (event.key === " " && arn !== undefined && (event.target as Element).matches("a")) {
      event.preventDefault();
      onSelect(arn === selected ? undefined : arn);
      return;
    }
    if (key === undefined || arn === undefined) return;
    event.preventDefault();
    const next = stepTo(graph, places, arn, key);
    if (next === undefined) return;
    bringIntoSight(next, false);
    box.current
      ?.querySelector<HTMLElement>(`[data-arn="${CSS.escape(next)}"] .vertex-name`)
      ?.focus({ preventScroll: true });
  };

  const onFocus = (target: Element): void => {
    const node = nodeOf(target);
    const frame = box.current?.getBoundingClientRect();
    if (node === null || frame === undefined) return;
    // The browser scrolls what has the focus into sight, inside a frame that is moved by its own transform.
    for (let each: Element | null = node; each !== null && each !== box.current; each = each.parentElement) {
      each.scrollLeft = 0;
      each.scrollTop = 0;
    }
    const place = node.getBoundingClientRect();
    const isSeen =
      place.left >= frame.left && place.right <= frame.right && place.top >= frame.top && place.bottom <= frame.bottom;
    if (!isSeen && target.matches(":focus-visible")) bringIntoSight(node.dataset["arn"] ?? "", false);
  };

  return (
    <div
      ref={box}
      className="lineage-graph"
      role="group"
      aria-label="Lineage as a graph. Arrow keys lead from one vertex to the next, Space shows its details; the list has the same as text."
      onKeyDown={onKeyDown}
      onFocus={(event) => onFocus(event.target)}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        minZoom={0.1}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        preventScrolling={false}
        zoomOnScroll={false}
        panOnScroll={false}
        zoomActivationKeyCode="Control"
        proOptions={{ hideAttribution: true }}
        onPaneClick={() => onSelect(undefined)}
      >
        <Background gap={24} color="var(--line)" />
      </ReactFlow>
      <div className="graph-tools" role="group" aria-label="Zoom">
        <button type="button" className="button small" onClick={() => void flow.zoomIn()} aria-label="Zoom in">
          +
        </button>
        <button type="button" className="button small" onClick={() => void flow.zoomOut()} aria-label="Zoom out">
          −
        </button>
        <button
          type="button"
          className="button small"
          onClick={() => void flow.fitView({ padding: 0.08, maxZoom: 1 })}
        >
          Fit
        </button>
      </div>
    </div>
  );
}
