// The sign of a kind of vertex: its own shape, so that its colour says nothing alone.
import type { ReactNode } from "react";
import { VERTEX_KINDS, type VertexKind } from "../../lib/vertex-kinds";
import "../../style/lineage.css";

const SHAPES: Record<VertexKind, ReactNode> = {
  data: (
    <>
      <ellipse cx="8" cy="4" rx="5" ry="2" />
      <path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2" />
    </>
  ),
  model: <path d="M8 1.8 13.6 5v6L8 14.2 2.4 11V5zM2.4 5 8 8.2 13.6 5M8 8.2v6" strokeLinejoin="round" />,
  code: <path d="M5.5 4 1.8 8l3.7 4M10.5 4l3.7 4-3.7 4" strokeLinecap="round" strokeLinejoin="round" />,
  image: <path d="M2 5.2h12v8H2zM4.5 2.6h7M5 5.2v8M8 5.2v8M11 5.2v8" strokeLinejoin="round" />,
  result: <path d="M2 13.5h12M4 11V7.5M8 11V3M12 11V5.5" strokeLinecap="round" strokeWidth="2" />,
  job: <path d="M4.5 2.8 13 8l-8.5 5.2z" strokeLinejoin="round" fill="currentColor" />,
  component: <rect x="2.5" y="2.5" width="11" height="11" rx="2" />,
  action: <path d="M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z" strokeLinejoin="round" />,
  context: <path d="M5 2H2.2v2.8M11 2h2.8v2.8M5 14H2.2v-2.8M11 14h2.8v-2.8M6 8h4" strokeLinecap="round" />,
};

export function Sign({ kind }: { kind: VertexKind }) {
  return (
    <svg
      className={`sign tone-${VERTEX_KINDS[kind].tone}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    >
      {SHAPES[kind]}
    </svg>
  );
}

/** What the signs mean, of those that are there. */
export function Legend({ kinds }: { kinds: ReadonlySet<VertexKind> }) {
  return (
    <ul className="legend" aria-label="Signs">
      {(Object.keys(VERTEX_KINDS) as VertexKind[])
        .filter((kind) => kinds.has(kind))
        .map((kind) => (
          <li key={kind}>
            <Sign kind={kind} />
            {VERTEX_KINDS[kind].word}
          </li>
        ))}
    </ul>
  );
}
