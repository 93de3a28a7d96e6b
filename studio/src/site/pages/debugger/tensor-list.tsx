// All tensors by name, of which only the visible ones are on the page; the server searches them.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import { tensorNames } from "../../api/debugger";
import type { Captured } from "../../api/debugger-operations";
import { Trouble } from "../../components/trouble";
import type { DebuggerAddress } from "../../lib/debugger-address";

const ROW_PX = 32;

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
  const names = asked.data?.pages.flatMap((page) => page.Names) ?? [];
  const total = asked.data?.pages[0]?.Count ?? 0;
  const virtual = useVirtualizer({
    count: names.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= names.length - 50) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, names.length]);

  useEffect(() => {
    if (text === (address.find ?? "")) return undefined;
    const timer = setTimeout(() => onChange({ find: text || undefined }), 150);
    return () => clearTimeout(timer);
  }, [text, address.find, onChange]);

  const choose = (tensor: string): void => onChange({ tensor, other: address.other === tensor ? undefined : address.other, index: undefined });
  const onKey = (event: React.KeyboardEvent): void => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move === 0 || names.length === 0) return;
    event.preventDefault();
    const at = Math.min(names.length - 1, Math.max(0, names.indexOf(address.tensor ?? "") + move));
    const next = names[at];
    if (next === undefined) return;
    choose(next);
    virtual.scrollToIndex(at);
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
        onChange={(event) => onChange({ collection: event.target.value || undefined })}
      >
        <option value="">Every collection</option>
        {found.Collections.map(({ Name: collection, TensorCount: count }) => (
          <option key={collection} value={collection}>
            {collection} ({count.toLocaleString("en")})
          </option>
        ))}
      </select>
      <p className="soft" role="status">
        {asked.isPending ? "Loading …" : `${total.toLocaleString("en")} ${total === 1 ? "tensor" : "tensors"}`}
      </p>
      {asked.error && <Trouble error={asked.error} what="the names" />}
      <div ref={box} className="names" tabIndex={0} role="group" aria-label="Names; the arrow keys choose" onKeyDown={onKey}>
        <ul style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const tensor = names[index] ?? "";
            const isChosen = tensor === address.tensor;
            const isOther = tensor === address.other;
            return (
              <li key={tensor} style={{ transform: `translateY(${start}px)` }}>
                <button
                  type="button"
                  className="name"
                  title={tensor}
                  aria-current={isChosen ? "true" : undefined}
                  onClick={() => choose(tensor)}
                >
                  <Name text={tensor} />
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
              </li>
            );
          })}
        </ul>
      </div>
    </section>
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
