// Chooses columns among all names that the components have, 12,000 and more.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Content, Portal, Root, Trigger } from "@radix-ui/react-popover";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { RowsQuestion } from "../../api/experiment-operations";
import { columnNames } from "../../api/rows";
import { columnMeaning, MEMBERS, pathOf, PROPERTIES } from "../../lib/component-columns";
import { STATISTICS } from "../../lib/filter-expression";
import { added, hidden, type ShownColumn } from "../../lib/table-view";

const ROW_PX = 32;
const STATISTIC_WORDS: Record<string, string> = {
  Last: "last value",
  Min: "least value",
  Max: "greatest value",
  Avg: "mean",
  StdDev: "standard deviation",
  Count: "number of points",
};

interface PickerProps {
  question: RowsQuestion;
  shown: readonly ShownColumn[];
  isUsual: boolean;
  onColumns: (columns: ShownColumn[]) => void;
  onUsual: () => void;
}

export function ColumnPicker(props: PickerProps) {
  return (
    <Root modal={false}>
      <Trigger className="button" type="button">
        Columns
      </Trigger>
      <Portal>
        <Content className="pop-over column-picker" align="end" sideOffset={4} collisionPadding={8} aria-label="Columns">
          <Picker {...props} />
        </Content>
      </Portal>
    </Root>
  );
}

type Item = { type: "head"; text: string } | { type: "column"; id: string; title: string; hint: string };

function Picker({ question, shown, isUsual, onColumns, onUsual }: PickerProps) {
  const [text, setText] = useState("");
  const [statistic, setStatistic] = useState<string>("Last");
  const hint = useDeferredValue(text.trim());
  const names = useInfiniteQuery(columnNames(question, hint));
  const ids = useMemo(() => new Set(shown.map((each) => each.id)), [shown]);
  const items = useMemo((): Item[] => {
    const has = (title: string): boolean => title.toLowerCase().includes(hint.toLowerCase());
    const item = (id: string): Item => {
      const meaning = columnMeaning(id);
      return { type: "column", id, title: meaning.title, hint: meaning.hint ?? memberWord(id) };
    };
    const own = PROPERTIES.filter((each) => each.kind !== "name" && has(each.title)).map((each) => item(each.id));
    const listed = (names.data?.pages ?? []).flatMap((page) =>
      page.Columns.map((each) => item(pathOf(each.Member, each.Name, statistic))),
    );
    const chosen = shown.filter((each) => each.id !== "TrialComponentName").map((each) => item(each.id));
    return [
      ...(hint === "" && chosen.length > 0 ? [{ type: "head" as const, text: "Shown" }, ...chosen] : []),
      ...(listed.length > 0
        ? [{ type: "head" as const, text: `${(names.data?.pages[0]?.Total ?? 0).toLocaleString("en")} names` }]
        : []),
      ...listed,
      ...(own.length > 0 ? [{ type: "head" as const, text: "Of every component" }] : []),
      ...own,
    ];
  }, [names.data, hint, shown, statistic]);

  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 6,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  const { hasNextPage, isFetching, fetchNextPage } = names;
  useEffect(() => {
    if (hasNextPage && !isFetching && last > items.length - 60) void fetchNextPage();
  }, [last, items.length, hasNextPage, isFetching, fetchNextPage]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [hint]);

  return (
    <>
      <input
        type="search"
        className="field"
        placeholder="A part of a name"
        aria-label="Search columns"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <label className="statistic">
        Of a metric, show its
        <select className="field" value={statistic} onChange={(event) => setStatistic(event.target.value)}>
          {STATISTICS.map((each) => (
            <option key={each} value={each}>
              {STATISTIC_WORDS[each]}
            </option>
          ))}
        </select>
      </label>
      <div className="column-names" ref={box} role="group" aria-label="Names" tabIndex={0}>
        <div style={{ height: virtual.getTotalSize() }}>
          {rows.map(({ index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            const place = { transform: `translateY(${start}px)` };
            if (item.type === "head") {
              return (
                <p key={`head ${item.text}`} className="head" style={place}>
                  {item.text}
                </p>
              );
            }
            return (
              <label key={`${index} ${item.id}`} style={place} title={item.id}>
                <input
                  type="checkbox"
                  checked={ids.has(item.id)}
                  onChange={(event) =>
                    onColumns(event.target.checked ? added(shown, item.id) : hidden(shown, item.id))
                  }
                />
                <span className="words">{item.title}</span>
                <span className="soft">{item.hint}</span>
              </label>
            );
          })}
        </div>
        {items.length === 0 && !names.isFetching && <p className="soft">No column is called like that.</p>}
      </div>
      <button type="button" className="button small" disabled={isUsual} onClick={onUsual}>
        The usual columns
      </button>
    </>
  );
}

function memberWord(id: string): string {
  const member = id.slice(0, id.indexOf("."));
  return member in MEMBERS ? MEMBERS[member as keyof typeof MEMBERS] : "";
}
