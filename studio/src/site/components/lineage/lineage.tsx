// A lineage with its tools: direction, depth, search, graph or list. All that it shows stands in the address.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useRouteContext } from "@tanstack/react-router";
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import { isNotFound, lineage, neighbours } from "../../api/lineage";
import { arnOf, resourceOf } from "../../lib/arns";
import { foundIn, graphOf, MOST_VERTICES, type Side } from "../../lib/lineage";
import { DEPTHS, type LineageAddress, openedOf, spelledMore, USUAL_DEPTH, withMore } from "../../lib/lineage-address";
import { vertexKind } from "../../lib/vertex-kinds";
import { loadedLater } from "../loaded-later";
import { Trouble } from "../trouble";
import { VertexDetails } from "./details";
import { Legend } from "./sign";
import { LineageTree } from "./tree";

const LineageGraph = loadedLater(() => import("./graph"));

export function Lineage({
  from,
  address,
  onChange,
  onStart,
}: {
  /** An ARN or an S3 location. */
  from: string;
  address: LineageAddress;
  onChange: (changes: LineageAddress) => void;
  /** Has the graph begin at another vertex. */
  onStart?: (arn: string) => void;
}) {
  const { session } = useRouteContext({ from: "/signed-in" });
  const first = useQuery(lineage(from, address.direction, address.depth ?? USUAL_DEPTH));
  const opened = useMemo(() => openedOf(address.more), [address.more]);
  const more = useQueries({
    queries: opened.map(({ resource, side, count }) => neighbours(arnOf(resource, session), side, count)),
    combine: (results) => ({
      data: results.flatMap(({ data }) => (data ? [data] : [])),
      isFetching: results.some(({ isFetching }) => isFetching),
      error: results.find(({ error }) => error)?.error,
    }),
  });
  const graph = useMemo(
    () => (first.data === undefined ? undefined : graphOf([first.data, ...more.data])),
    [first.data, more.data],
  );

  const [text, setText] = useState(address.find ?? "");
  const find = useDeferredValue(text);
  const matches = useMemo(() => (graph === undefined ? [] : foundIn(graph, find)), [graph, find]);
  const found = useMemo(() => new Set(matches), [matches]);
  const [step, setStep] = useState(0);
  useEffect(() => {
    if (find === (address.find ?? "")) return undefined;
    const timer = setTimeout(() => onChange({ find: find || undefined }), 200);
    return () => clearTimeout(timer);
  }, [find, address.find, onChange]);

  const onMore = useCallback(
    (arn: string, side: Side) => {
      const shown = graph?.[side].get(arn)?.length ?? 0;
      onChange({ more: spelledMore(withMore(opened, resourceOf(arn), side, shown)) });
    },
    [graph, opened, onChange],
  );
  const onSelect = useCallback(
    (arn: string | undefined) => onChange({ selected: arn === undefined ? undefined : resourceOf(arn) }),
    [onChange],
  );
  const kinds = useMemo(() => new Set([...(graph?.vertices.values() ?? [])].map(vertexKind)), [graph]);

  if (first.error && isNotFound(first.error)) return <NoLineage text={first.error.message} />;
  if (first.error) return <Trouble error={first.error} what="the lineage" />;
  if (graph === undefined) return <div className="lineage-graph" aria-busy="true" />;
  const selected = address.selected === undefined ? undefined : graph.vertices.get(arnOf(address.selected, session));
  return (
    <div className="stack tight lineage">
      <div className="toolbar">
        <label className="choice">
          <span className="soft">Show</span>
          <select
            className="field"
            value={address.direction ?? ""}
            onChange={({ target }) =>
              onChange({ direction: (["before", "after"] as const).find((each) => each === target.value), more: undefined })
            }
          >
            <option value="">what it was made from, and what came of it</option>
            <option value="before">what it was made from</option>
            <option value="after">what came of it</option>
          </select>
        </label>
        <label className="choice">
          <span className="soft">Steps</span>
          <select
            className="field"
            value={address.depth ?? USUAL_DEPTH}
            onChange={({ target }) => {
              const depth = Number(target.value);
              onChange({ depth: depth === USUAL_DEPTH ? undefined : depth });
            }}
          >
            {DEPTHS.map((depth) => (
              <option key={depth} value={depth}>
                {depth}
              </option>
            ))}
          </select>
        </label>
        <input
          type="search"
          className="field"
          aria-label="Search in the lineage"
          placeholder="Search in the lineage"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setStep(0);
          }}
          onKeyDown={({ key }) => {
            if (key === "Enter" && matches.length > 0) setStep((step + 1) % matches.length);
          }}
        />
        {find !== "" && (
          <span className="soft" role="status">
            {matches.length === 0 ? "nothing has this" : `${step + 1} of ${matches.length}`}
          </span>
        )}
        <div className="switch" role="group" aria-label="View">
          {(["graph", "list"] as const).map((each) => (
            <button
              key={each}
              type="button"
              className="button"
              aria-pressed={(address.as ?? "graph") === each}
              onClick={() => onChange({ as: each === "list" ? "list" : undefined })}
            >
              {each === "graph" ? "Graph" : "List"}
            </button>
          ))}
        </div>
      </div>
      {more.error && <Trouble error={more.error} what="what was asked for beside it" />}
      {address.as === "list" ? (
        <LineageTree graph={graph} found={found} onMore={onMore} />
      ) : (
        <div className={selected === undefined ? "lineage-parts" : "lineage-parts with-details"}>
          <div className="lineage-stage">
            <LineageGraph
              placeholder={<div className="lineage-graph" aria-busy="true" />}
              graph={graph}
              selected={selected?.Arn}
              found={found}
              here={find === "" ? undefined : matches[step]}
              onMore={onMore}
              onSelect={onSelect}
            />
            <Legend kinds={kinds} />
          </div>
          {selected !== undefined && (
            <VertexDetails
              graph={graph}
              vertex={selected}
              onMore={onMore}
              onStart={onStart}
              onClose={() => onSelect(undefined)}
            />
          )}
        </div>
      )}
      <p className="soft" role="status">
        {graph.vertices.size.toLocaleString("en")} {graph.vertices.size === 1 ? "vertex" : "vertices"},{" "}
        {graph.edges.length.toLocaleString("en")} association{graph.edges.length === 1 ? "" : "s"}
        {more.isFetching ? " · loading more …" : ""}
        {graph.isCut
          ? graph.vertices.size >= MOST_VERTICES
            ? ` · no more than ${MOST_VERTICES} are drawn; start at another vertex to go on`
            : " · there is more: the numbers beside a vertex show it"
          : ""}
      </p>
    </div>
  );
}

function NoLineage({ text }: { text: string }) {
  return (
    <div className="card empty">
      <h2>There is no lineage here</h2>
      <p className="soft">{text}</p>
    </div>
  );
}
