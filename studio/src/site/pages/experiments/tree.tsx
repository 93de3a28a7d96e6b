// The tree of an experiment: its trials, and the components of those that are open. Asked for as it is opened.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useId, useMemo, useRef, useState } from "react";
import { treePage } from "../../api/rows";
import { copied } from "../../components/copy";
import { MenuArea, type MenuEntry, openMenuOf } from "../../components/menu";
import { questionOf, trialsOf } from "../../lib/component-question";
import { DETAILS } from "./cells";

const ROW_PX = 32;

export interface TreeNode {
  type: "experiment" | "trial" | "component" | "more";
  name: string;
  label: string;
  level: number;
  trial?: string;
  count?: number;
  isOpen?: boolean;
}

export function ExperimentTree({
  experiment,
  trial,
  onTrial,
  onRename,
  onDelete,
}: {
  experiment: string;
  trial: string | undefined;
  onTrial: (trial: string | undefined) => void;
  onRename: (trial: string, displayName: string) => void;
  onDelete: (trial: string) => void;
}) {
  const id = useId();
  const navigate = useNavigate();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set(trial === undefined ? [] : [trial]));
  const [active, setActive] = useState(0);
  const trials = useInfiniteQuery(treePage(trialsOf(experiment), ["DisplayName", "TrialComponentCount"]));
  const [parts, setParts] = useState<ReadonlyMap<string, TreeNode[]>>(new Map());
  const onPart = useCallback(
    (of: string, nodes: TreeNode[]) => setParts((before) => new Map(before).set(of, nodes)),
    [],
  );

  const nodes = useMemo((): TreeNode[] => {
    const found: TreeNode[] = [{ type: "experiment", name: experiment, label: experiment, level: 1, isOpen: true }];
    for (const page of trials.data?.pages ?? []) {
      page.Names.forEach((name, at) => {
        const isOpen = open.has(name);
        const label = String(page.Columns["DisplayName"]?.[at] ?? name);
        const count = Number(page.Columns["TrialComponentCount"]?.[at] ?? 0);
        found.push({ type: "trial", name, label, level: 2, count, isOpen });
        if (isOpen) found.push(...(parts.get(name) ?? []));
      });
    }
    return found;
  }, [experiment, trials.data, open, parts]);

  const virtual = useVirtualizer({
    count: nodes.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetching, fetchNextPage } = trials;
  useEffect(() => {
    if (hasNextPage && !isFetching && last > nodes.length - 40) void fetchNextPage();
  }, [hasNextPage, isFetching, last, nodes.length, fetchNextPage]);

  const toggle = (name: string): void =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(name)) after.add(name);
      return after;
    });
  const choose = (node: TreeNode | undefined): void => {
    if (node === undefined) return;
    if (node.type === "experiment") onTrial(undefined);
    else if (node.type === "component") void navigate({ to: DETAILS, params: { name: node.name } });
    else onTrial(node.trial ?? node.name);
  };
  const show = (index: number): void => {
    const at = Math.max(0, Math.min(nodes.length - 1, index));
    setActive(at);
    virtual.scrollToIndex(at);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const node = nodes[active];
    const isTrial = node?.type === "trial";
    const moves: Record<string, () => void> = {
      ArrowDown: () => show(active + 1),
      ArrowUp: () => show(active - 1),
      Home: () => show(0),
      End: () => show(nodes.length - 1),
      ArrowRight: () => (isTrial && !node.isOpen ? toggle(node.name) : show(active + 1)),
      ArrowLeft: () =>
        isTrial && node.isOpen
          ? toggle(node.name)
          : show(parentOf(nodes, active)),
      Enter: () => choose(node),
      " ": () => choose(node),
      ContextMenu: () => {
        const element = document.getElementById(`${id}-${active}`);
        if (element) openMenuOf(element);
      },
    };
    const move = moves[event.shiftKey && event.key === "F10" ? "ContextMenu" : event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  };
  const entriesAt = (target: Element): MenuEntry[] => {
    const at = Number(target.closest<HTMLElement>("[role='treeitem']")?.dataset["index"] ?? -1);
    const node = nodes[at];
    if (node === undefined || node.type === "more") return [];
    setActive(at);
    const copy: MenuEntry = { label: "Copy the name", run: () => void copied(node.name) };
    if (node.type === "component") {
      return [
        { label: "Open in trial details", run: () => choose(node) },
        { label: "Open in trial component list", run: () => onTrial(node.trial) },
        copy,
      ];
    }
    const list: MenuEntry = { label: "Open in trial component list", run: () => choose(node) };
    if (node.type === "experiment") return [list, copy];
    return [
      list,
      copy,
      "line",
      { label: "Rename …", run: () => onRename(node.name, node.label) },
      { label: "Delete …", isDanger: true, run: () => onDelete(node.name) },
    ];
  };

  return (
    <>
      {[...open].map((name) => (
        <TrialPart key={name} trial={name} onPart={onPart} />
      ))}
      <MenuArea entriesAt={entriesAt}>
        <div
          ref={box}
          className="tree"
          role="tree"
          aria-label={`Trials of ${experiment}`}
          tabIndex={0}
          {...(items.some(({ index }) => index === active) && { "aria-activedescendant": `${id}-${active}` })}
          onKeyDown={onKeyDown}
        >
          <div className="tree-body" role="presentation" style={{ height: virtual.getTotalSize() }}>
            {items.map(({ index, start }) => {
              const node = nodes[index];
              if (node === undefined) return null;
              const isHere = node.type === "experiment" ? trial === undefined : node.type === "trial" && node.name === trial;
              return (
                <div
                  key={index}
                  id={`${id}-${index}`}
                  role="treeitem"
                  data-index={index}
                  aria-level={node.level}
                  aria-selected={isHere}
                  {...(node.isOpen !== undefined && { "aria-expanded": node.isOpen })}
                  className={`${node.type}${index === active ? " active" : ""}`}
                  style={{ transform: `translateY(${start}px)` }}
                  title={node.name}
                  onClick={() => {
                    setActive(index);
                    choose(node);
                  }}
                >
                  {node.type === "trial" && (
                    <span
                      className="twist"
                      aria-hidden="true"
                      onClick={(event) => {
                        event.stopPropagation();
                        setActive(index);
                        toggle(node.name);
                      }}
                    >
                      {node.isOpen ? "▾" : "▸"}
                    </span>
                  )}
                  <span className="words">{shortLabel(node, experiment)}</span>
                  {node.count !== undefined && <span className="soft">{node.count.toLocaleString("en")}</span>}
                </div>
              );
            })}
          </div>
        </div>
      </MenuArea>
    </>
  );
}

/** A trial is often called after its experiment, and what tells it from others would be out of sight. */
function shortLabel({ type, label }: TreeNode, experiment: string): string {
  const isLong = type === "trial" && label.startsWith(`${experiment}-`) && label.length > experiment.length + 1;
  return isLong ? `…${label.slice(experiment.length)}` : label;
}

function parentOf(nodes: readonly TreeNode[], index: number): number {
  let at = index;
  while (at > 0 && (nodes[at]?.level ?? 0) >= (nodes[index]?.level ?? 0)) at--;
  return at;
}

/** Asks for the components of an open trial, and tells them to the tree. */
function TrialPart({ trial, onPart }: { trial: string; onPart: (trial: string, nodes: TreeNode[]) => void }) {
  const { data } = useInfiniteQuery(treePage(questionOf({ trial }), ["DisplayName"]));
  useEffect(() => {
    const page = data?.pages[0];
    if (page === undefined) return;
    const nodes = page.Names.map(
      (name, at): TreeNode => ({
        type: "component",
        name,
        label: String(page.Columns["DisplayName"]?.[at] ?? name),
        level: 3,
        trial,
      }),
    );
    const left = page.Total - nodes.length;
    if (left > 0) {
      nodes.push({ type: "more", name: trial, label: `${left.toLocaleString("en")} more in the list`, level: 3, trial });
    }
    onPart(trial, nodes);
  }, [data, trial, onPart]);
  return null;
}
