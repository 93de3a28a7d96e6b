// Filters of a list of jobs: a chip for each condition, and three fields for another one.
import { type FormEvent, useId, useState } from "react";
import { allOf, conditionsOf, type Filter, type Operator, parseFilter, printFilter } from "../lib/filter-language";
import { JOB_OPERATORS, offeredNames, valueFor } from "../lib/job-filter";
import type { JobRow } from "../lib/jobs";

export function JobFilter({
  text,
  rows,
  onChange,
}: {
  /** As the address has it. */
  text: string;
  rows: readonly JobRow[];
  onChange: (text: string) => void;
}) {
  const [name, setName] = useState("");
  const [operator, setOperator] = useState<Operator>("=");
  const [value, setValue] = useState("");
  const id = useId();
  const parsed = parseFilter(text);
  const chips: Filter[] = conditionsOf(parsed.filter) ?? (parsed.filter === undefined ? [] : [parsed.filter]);
  const hasValue = operator !== "exists" && operator !== "not exists";
  const isWhole = name.trim() !== "" && !name.endsWith(".") && (!hasValue || value.trim() !== "");
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (!isWhole) return;
    const condition: Filter = {
      type: "condition",
      name: name.trim(),
      operator,
      values: hasValue ? [valueFor(name.trim(), value)] : [],
    };
    onChange(printFilter(allOf([...chips, condition])));
    setValue("");
  };
  return (
    <form className="job-filter" onSubmit={add} aria-label="Filter">
      <input
        className="field"
        list={`${id}-names`}
        aria-label="Property"
        placeholder="Property, such as Metrics.loss"
        value={name}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <datalist id={`${id}-names`}>
        {offeredNames(rows).map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      <select
        className="field"
        aria-label="Operator"
        value={operator}
        onChange={(event) => setOperator(JOB_OPERATORS.find((each) => each === event.target.value) ?? "=")}
      >
        {JOB_OPERATORS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      {hasValue && (
        <input className="field" aria-label="Value" placeholder="Value" value={value} autoComplete="off" onChange={(event) => setValue(event.target.value)} />
      )}
      <button type="submit" className="button" disabled={!isWhole}>
        Filter
      </button>
      {chips.map((chip, at) => (
        <span key={printFilter(chip)} className="job-chip">
          {printFilter(chip)}
          <button
            type="button"
            aria-label={`Take away ${printFilter(chip)}`}
            onClick={() => onChange(printFilter(allOf(chips.filter((_, each) => each !== at))))}
          >
            ×
          </button>
        </span>
      ))}
      {parsed.error !== undefined && (
        <p className="form-error" role="alert">
          The filter of this address is not complete: {parsed.error}.{" "}
          <button type="button" className="button small" onClick={() => onChange("")}>
            Without it
          </button>
        </p>
      )}
    </form>
  );
}
