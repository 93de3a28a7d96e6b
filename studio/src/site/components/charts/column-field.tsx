// A field that takes a column of runs, by a part of its name.
import { useId, useState } from "react";
import { columnTitle, lastOf, type Offered, parameter } from "../../lib/board";

export function columnChoices(offered: Offered, kind: "all" | "metrics" | "names"): { title: string; path: string }[] {
  if (kind === "names") return offered.metrics.map((name) => ({ title: name, path: name }));
  const paths = [
    ...offered.metrics.flatMap((metric) => [lastOf(metric), `Metrics.${metric}.Min`, `Metrics.${metric}.Max`]),
    ...(kind === "all" ? [...new Set([...offered.differing, ...offered.parameters])].map(parameter) : []),
  ];
  return paths.map((path) => ({ title: columnTitle(path), path }));
}

export function ColumnField({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: string;
  choices: { title: string; path: string }[];
  onChange: (path: string) => void;
}) {
  const id = useId();
  const titleOf = (path: string): string => choices.find((each) => each.path === path)?.title ?? path;
  const [text, setText] = useState(titleOf(value));
  return (
    <label className="form-field">
      {label}
      <input
        className="field"
        list={id}
        value={text}
        placeholder={choices.length === 0 ? "None is known yet" : "Type a part of its name"}
        onChange={(event) => {
          setText(event.target.value);
          onChange(choices.find(({ title }) => title === event.target.value)?.path ?? event.target.value);
        }}
      />
      <datalist id={id}>
        {choices.slice(0, 400).map(({ title, path }) => (
          <option key={path} value={title} />
        ))}
      </datalist>
    </label>
  );
}

/** Several columns, in an order. */
export function ColumnList({
  label,
  values,
  choices,
  most,
  onChange,
}: {
  label: string;
  values: string[];
  choices: { title: string; path: string }[];
  most: number;
  onChange: (paths: string[]) => void;
}) {
  const id = useId();
  const [text, setText] = useState("");
  const titleOf = (path: string): string => choices.find((each) => each.path === path)?.title ?? columnTitle(path);
  const add = (entered: string): void => {
    const path = choices.find(({ title }) => title === entered)?.path ?? entered.trim();
    if (path !== "" && !values.includes(path) && values.length < most) onChange([...values, path]);
    setText("");
  };
  return (
    <div className="form-field" role="group" aria-label={label}>
      <span>{label}</span>
      {values.length > 0 && (
        <ul className="chips">
          {values.map((path, index) => (
            <li key={path}>
              {titleOf(path)}
              {index > 0 && (
                <button
                  type="button"
                  aria-label={`Move ${titleOf(path)} forward`}
                  onClick={() => {
                    const moved = [...values];
                    moved.splice(index, 1);
                    moved.splice(index - 1, 0, path);
                    onChange(moved);
                  }}
                >
                  ←
                </button>
              )}
              <button
                type="button"
                aria-label={`Take ${titleOf(path)} out`}
                onClick={() => onChange(values.filter((each) => each !== path))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <input
        className="field"
        list={id}
        aria-label={`Add to ${label}`}
        placeholder="Add one by its name"
        value={text}
        onChange={(event) => {
          const entered = event.target.value;
          // One that is chosen from the list comes as a whole.
          if (choices.some(({ title }) => title === entered)) add(entered);
          else setText(entered);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add(text);
        }}
      />
      <datalist id={id}>
        {choices
          .filter(({ path }) => !values.includes(path))
          .slice(0, 400)
          .map(({ title, path }) => (
            <option key={path} value={title} />
          ))}
      </datalist>
    </div>
  );
}
