// The filter as chips, one for each condition, and a field that completes names, operators and values.
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import type { RowsQuestion } from "../../api/experiment-operations";
import { namesLike, valuesOf } from "../../api/rows";
import { pathOf } from "../../lib/component-columns";
import { type Completion, completionOf } from "../../lib/filter-completion";
import { fullName, SHORT_NAMES } from "../../lib/filter-expression";
import {
  allOf,
  conditionsOf,
  type Filter,
  OPERATORS,
  type ParsedFilter,
  parseFilter,
  printCondition,
  printFilter,
  printName,
  printValue,
} from "../../lib/filter-language";

const MOST_SUGGESTED = 12;

interface FilterBarProps {
  text: string;
  parsed: ParsedFilter;
  question: RowsQuestion;
  onChange: (text: string) => void;
}

export function FilterBar({ text, parsed, question, onChange }: FilterBarProps) {
  const [draft, setDraft] = useState("");
  const [error, setError] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // A broken filter of an address is shown to be mended.
  useEffect(() => {
    if (parsed.error !== undefined) {
      setDraft(text);
      setError(parsed.error);
    }
  }, [parsed, text]);
  const whole = parsed.filter;
  const conditions = conditionsOf(whole);
  const chips: Filter[] = conditions ?? (whole === undefined ? [] : [whole]);

  const submit = (written: string): void => {
    const added = parseFilter(written);
    if (added.error !== undefined) {
      setError(added.error);
      return;
    }
    setDraft("");
    setError("");
    const parts = [...(parsed.error === undefined ? chips : []), ...(conditionsOf(added.filter) ?? [added.filter])];
    onChange(printFilter(allOf(parts.filter((part) => part !== undefined))));
  };
  const remove = (at: number): void => onChange(printFilter(allOf(chips.filter((_, each) => each !== at))));
  const edit = (at: number): void => {
    const chip = chips[at];
    if (chip === undefined) return;
    setDraft(printFilter(chip));
    remove(at);
    field.current?.focus();
  };

  return (
    <div className="filter-bar">
      <div className="filter-line">
        {chips.map((chip, at) => {
          const printed = chip.type === "condition" ? printCondition(chip) : printFilter(chip);
          return (
            <span key={printed} className="chip">
              <button type="button" className="words" title="Change it" onClick={() => edit(at)}>
                {printed}
              </button>
              <button type="button" className="away" aria-label={`Take away ${printed}`} onClick={() => remove(at)}>
                ×
              </button>
            </span>
          );
        })}
        <FilterField
          field={field}
          draft={draft}
          question={question}
          placeholder={chips.length === 0 ? "Filter: metrics.loss.last < 0.2 and parameters.lr = 0.1" : "and …"}
          onDraft={(written) => {
            setDraft(written);
            setError("");
          }}
          onSubmit={submit}
          onBack={() => edit(chips.length - 1)}
        />
        {chips.length > 1 && (
          <button
            type="button"
            className="button small plain"
            onClick={() => {
              setDraft(text);
              onChange("");
              field.current?.focus();
            }}
          >
            As text
          </button>
        )}
      </div>
      <p className="filter-error" role="status">
        {error && `The filter is not complete: ${error}.`}
      </p>
    </div>
  );
}

function FilterField({
  field,
  draft,
  question,
  placeholder,
  onDraft,
  onSubmit,
  onBack,
}: {
  field: React.RefObject<HTMLInputElement | null>;
  draft: string;
  question: RowsQuestion;
  placeholder: string;
  onDraft: (text: string) => void;
  onSubmit: (text: string) => void;
  onBack: () => void;
}) {
  const [isOpen, setIsOpen] = useState(false);
  const [selected, setSelected] = useState("");
  const completion = completionOf(draft);
  const suggestions = useSuggestions(completion, question, isOpen);
  const first = suggestions[0]?.text ?? "";
  useEffect(() => setSelected(first), [first, draft]);

  const accept = (suggestion: Suggestion): void => {
    if (completion.wants === "nothing") return;
    const text = draft.slice(0, completion.start) + suggestion.text;
    // A value ends a condition, but not in a list of values.
    if (suggestion.isLast && parseFilter(text).error === undefined) onSubmit(text);
    else onDraft(`${text}${suggestion.isLast && completion.wants === "value" ? "" : " "}`);
    field.current?.focus();
  };
  const isShown = isOpen && suggestions.length > 0;
  return (
    <Command
      className="filter-field"
      label="Filter"
      shouldFilter={false}
      loop
      value={selected}
      onValueChange={setSelected}
      onKeyDown={(event) => {
        const chosen = suggestions.find((each) => each.text === selected);
        if (event.key === "Enter" && (!isShown || event.ctrlKey || chosen === undefined)) {
          event.preventDefault();
          if (draft.trim() !== "") onSubmit(draft);
        } else if (event.key === "Tab" && isShown && chosen !== undefined && draft !== "") {
          event.preventDefault();
          accept(chosen);
        } else if (event.key === "Escape") {
          event.preventDefault();
          setIsOpen(false);
        } else if (event.key === "Backspace" && draft === "") {
          event.preventDefault();
          onBack();
        } else if (event.key !== "Enter") {
          setIsOpen(true);
        }
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setIsOpen(false);
      }}
    >
      <Command.Input
        ref={field}
        value={draft}
        placeholder={placeholder}
        aria-label="Filter"
        spellCheck={false}
        onValueChange={onDraft}
        onClick={() => setIsOpen(true)}
      />
      <Command.List className={isShown ? "pop-over suggestions" : "hidden-text"} aria-label="Suggestions">
        {isShown &&
          suggestions.map((suggestion) => (
            <Command.Item key={suggestion.text} value={suggestion.text} onSelect={() => accept(suggestion)}>
              <span className="words">{suggestion.label}</span>
              <span className="soft">{suggestion.hint}</span>
            </Command.Item>
          ))}
      </Command.List>
    </Command>
  );
}

interface Suggestion {
  text: string;
  label: string;
  hint: string;
  /** Nothing has to follow. */
  isLast?: boolean;
}

const OPERATOR_WORDS: Record<string, string> = {
  "=": "equal",
  "!=": "not equal",
  "<": "less",
  "<=": "at most",
  ">": "greater",
  ">=": "at least",
  contains: "has this part",
  in: "one of (a, b)",
  "not in": "none of (a, b)",
  exists: "has a value",
  "not exists": "has none",
};

function useSuggestions(completion: Completion, question: RowsQuestion, isOpen: boolean): Suggestion[] {
  const word = useDeferredValue(completion.wants === "name" ? completion.word : "");
  // Of `metrics.lo` the server looks for `lo`.
  const hint = word.replace(/^(parameters|metrics|tags|inputartifacts|outputartifacts)\./i, "").replace(/\.(last|min|max|avg|stddev|count)$/i, "");
  const names = useQuery({
    ...namesLike(question, hint, MOST_SUGGESTED),
    enabled: isOpen && completion.wants === "name",
  });
  const column = completion.wants === "value" ? fullName(completion.name) : "";
  const isText = completion.wants === "value" && /^(=|!=|in|not in)$/.test(completion.operator);
  const values = useQuery({ ...valuesOf(question, column, 50), enabled: isOpen && isText });
  if (!isOpen) return [];
  switch (completion.wants) {
    case "name": {
      const has = (name: string): boolean => name.toLowerCase().includes(completion.word.toLowerCase());
      const own = Object.entries(SHORT_NAMES)
        .filter(([name]) => has(name))
        .map(([name, path]) => ({ text: name, label: name, hint: path }));
      const listed = (names.data?.Columns ?? []).map((each) => {
        const path = pathOf(each.Member, each.Name);
        return { text: printName(path), label: each.Name, hint: path.slice(0, path.indexOf(".")).toLowerCase() };
      });
      return [...(completion.word === "" ? [] : listed), ...own, ...(completion.word === "" ? listed : [])].slice(
        0,
        MOST_SUGGESTED,
      );
    }
    case "operator":
      return OPERATORS.map((operator) => ({
        text: operator,
        label: operator,
        hint: OPERATOR_WORDS[operator] ?? "",
        isLast: operator.endsWith("exists"),
      }));
    case "value": {
      const found = isText ? (values.data?.Groups ?? []) : [];
      const part = completion.word.toLowerCase();
      const likely = found.filter(({ Value }) => Value !== null && String(Value).toLowerCase().includes(part));
      // What is written already needs no suggestion.
      if (likely.some(({ Value }) => String(Value) === completion.word)) return [];
      return likely.slice(0, MOST_SUGGESTED).map(({ Value, Count }) => ({
        text: printValue(String(Value)),
        label: String(Value),
        hint: Count.toLocaleString("en"),
        isLast: true,
      }));
    }
    default:
      return [];
  }
}
