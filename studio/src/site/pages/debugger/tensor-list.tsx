// All tensors as a tree of their modules, or by name, of which only the visible rows are on the page; the server searches them.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { tensorNames } from "../../api/debugger";
import type { Captured } from "../../api/debugger-operations";
import { useSelection } from "../../components/selection";
import { Trouble } from "../../components/trouble";
import type { DebuggerAddress } from "../../lib/debugger-address";
import { withRow } from "../../lib/row-selection";
import { groupsOf, type TensorRow, tensorRows } from "../../lib/tensor-tree";

const ROW_PX = 32;
/** A tree has to know all of its names. */
const MOST_IN_TREE = 10_000;
/** So many names are seen at a glance: their groups are open. */
const FEW = 60;

export function TensorList({
  name,
  found,
  address,
  onChange,
}: {
  name: string;
  found: Captured;
  address: DebuggerAddress;
  onChange: (changes: DebuggerAddress) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState(address.find ?? "");
  // A running job adds names: their number is a part of the question.
  const asked = useInfiniteQuery(
    tensorNames(name, address.find ?? "", address.collection ?? "", found.TensorCount),
  );
  const names = useMemo(() => asked.data?.pages.flatMap((page) => page.Names) ?? [], [asked.data]);
  const total = asked.data?.pages[0]?.Count ?? 0;
  const isTree = address.list === undefined;

  const [turned, onTurned] = useSelection(
    address.turned,
    useCallback((spelled) => onChange({ turned: spelled }), [onChange]),
  );
  const isAllOpen = total <= FEW || Boolean(address.find);
  const rows = useMemo((): TensorRow[] => {
    if (!isTree) return names.map((tensor) => ({ type: "tensor", name: tensor, label: tensor, depth: 0 }));
    const ways = new Set([address.tensor, address.other].flatMap((tensor) => (tensor === undefined ? [] : groupsOf(tensor))));
    return tensorRows(names, (path) => (isAllOpen || ways.has(path)) !== turned.keys.has(path));
  }, [isTree, names, isAllOpen, turned, address.tensor, address.other]);

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  const wantsMore = isTree ? names.length < MOST_IN_TREE : last >= rows.length - 50;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && wantsMore) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, wantsMore]);

  useEffect(() => {
    if (text === (address.find ?? "")) return undefined;
    const timer = setTimeout(() => onChange({ find: text || undefined, turned: undefined }), 150);
    return () => clearTimeout(timer);
  }, [text, address.find, onChange]);

  const choose = (tensor: string): void => onChange({ tensor, other: address.other === tensor ? undefined : address.other, index: undefined });
  const turn = (path: string): void => onTurned(withRow(turned, path, !turned.keys.has(path)));
  // The row that the keys are at: a group, or the tensor that is chosen.
  const [group, setGroup] = useState<string>();
  const here = rows.findIndex((row) =>
    row.type === "group" ? row.path === group : group === undefined && row.name === address.tensor,
  );
  // The tensor of the address is in sight at first; later the reader scrolls.
  const isAtStart = useRef(true);
  useEffect(() => {
    if (!isAtStart.current || here < 0) return;
    isAtStart.current = false;
    virtual.scrollToIndex(here, { align: "auto" });
  }, [here, virtual]);
  const go = (index: number): void => {
    const row = rows[index];
    if (row === undefined) return;
    setGroup(row.type === "group" ? row.path : undefined);
    if (row.type === "tensor") choose(row.name);
    virtual.scrollToIndex(index);
  };
  const onKey = (event: React.KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const row = rows[here];
    if (event.key === "ArrowDown") go(Math.min(rows.length - 1, here + 1));
    else if (event.key === "ArrowUp") go(Math.max(0, here - 1));
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === "ArrowRight" && row?.type === "group") {
      if (row.isOpen) go(here + 1);
      else turn(row.path);
    } else if (event.key === "ArrowLeft" && row !== undefined) {
      if (row.type === "group" && row.isOpen) turn(row.path);
      else go(rows.slice(0, here).reduce((above, each, index) => (each.depth < row.depth ? index : above), -1));
    } else if ((event.key === "Enter" || event.key === " ") && row?.type === "group") turn(row.path);
    else return;
    event.preventDefault();
  };
  return (
    <section className="card tensor-list" aria-label="Tensors">
      <input
        type="search"
        className="field"
        placeholder="Search tensors"
        aria-label="Search tensors"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <select
        className="field"
        aria-label="Collection"
        value={address.collection ?? ""}
        onChange={(event) => onChange({ collection: event.target.value || undefined, turned: undefined })}
      >
        <option value="">Every collection</option>
        {found.Collections.map(({ Name: collection, TensorCount: count }) => (
          <option key={collection} value={collection}>
            {collection} ({count.toLocaleString("en")})
          </option>
        ))}
      </select>
      <div className="row spread">
        <p className="soft" role="status">
          {asked.isPending ? "Loading …" : countText(total, isTree)}
        </p>
        <div className="switch" role="group" aria-label="Shown as">
          <button type="button" aria-pressed={isTree} onClick={() => onChange({ list: undefined })}>
            Modules
          </button>
          <button type="button" aria-pressed={!isTree} onClick={() => onChange({ list: true })}>
            Names
          </button>
        </div>
      </div>
      {asked.error && <Trouble error={asked.error} what="the names" />}
      <div
        ref={box}
        className="names"
        tabIndex={0}
        role="group"
        aria-label={isTree ? "Modules; the arrow keys go through them, open and close them" : "Names; the arrow keys choose"}
        onKeyDown={onKey}
      >
        <ul style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const isHere = index === here && row.type === "group";
            return (
              <li
                key={row.type === "group" ? `group ${row.path}` : row.name}
                className={isHere ? "here" : undefined}
                style={{ transform: `translateY(${start}px)`, "--depth": row.depth } as never}
              >
                {row.type === "group" ? (
                  <button type="button" className="name" tabIndex={-1} aria-expanded={row.isOpen} onClick={() => turn(row.path)}>
                    <span className="twist" aria-hidden="true">
                      {row.isOpen ? "▾" : "▸"}
                    </span>
                    <span className="before">{row.label}</span>
                    <span className="soft count">{row.count.toLocaleString("en")}</span>
                  </button>
                ) : (
                  <Tensor row={row} isTree={isTree} address={address} onChoose={choose} onChange={onChange} />
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}

function countText(total: number, isTree: boolean): string {
  const all = `${total.toLocaleString("en")} ${total === 1 ? "tensor" : "tensors"}`;
  return isTree && total > MOST_IN_TREE ? `${all}, the first ${MOST_IN_TREE.toLocaleString("en")} here` : all;
}

function Tensor({
  row: { name: tensor, label },
  isTree,
  address,
  onChoose,
  onChange,
}: {
  row: Extract<TensorRow, { type: "tensor" }>;
  isTree: boolean;
  address: DebuggerAddress;
  onChoose: (tensor: string) => void;
  onChange: (changes: DebuggerAddress) => void;
}) {
  const isChosen = tensor === address.tensor;
  const isOther = tensor === address.other;
  return (
    <>
      <button
        type="button"
        className="name"
        title={tensor}
        aria-current={isChosen ? "true" : undefined}
        onClick={() => onChoose(tensor)}
      >
        {isTree ? <span className="rest leaf">{label || "(no name)"}</span> : <Name text={tensor} />}
      </button>
      {address.tensor !== undefined && !isChosen && (
        <button
          type="button"
          className="compare"
          aria-pressed={isOther}
          title={isOther ? "Compare no longer" : `Compare with ${address.tensor}`}
          onClick={() => onChange({ other: isOther ? undefined : tensor })}
        >
          Compare
        </button>
      )}
    </>
  );
}

/** The last part tells most: what stands before the last slash is shortened first. */
function Name({ text }: { text: string }) {
  const end = text.lastIndexOf("/", text.length - 2) + 1;
  return (
    <>
      {end > 0 && <span className="soft before">{text.slice(0, end)}</span>}
      <span className="rest">
        <bdi>{text.slice(end)}</bdi>
      </span>
    </>
  );
}
