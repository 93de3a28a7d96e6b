// One value without parts: a text, a number, a choice, yes or no.
import { useState } from "react";
import type { Shape } from "../lib/shape";

const LONG = 90;

interface FieldProps {
  id: string;
  shape: Shape;
  value: unknown;
  isWrong: boolean;
  describedBy: string | undefined;
  onChange: (value: unknown) => void;
}

export function Scalar({ id, shape, value, isWrong, describedBy, onChange }: FieldProps) {
  const common = {
    id,
    "aria-invalid": isWrong || undefined,
    "aria-describedby": describedBy,
  } as const;
  if (shape.Type === "boolean") {
    return (
      <select
        {...common}
        className="field"
        value={String(value)}
        onChange={(event) => onChange(event.target.value === "true")}
      >
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  const text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  if (shape.Enum !== undefined && shape.Enum.length <= 40) {
    const choices = shape.Enum.includes(text) ? shape.Enum : [text, ...shape.Enum];
    return (
      <select {...common} className="field" value={text} onChange={(event) => onChange(event.target.value)}>
        {choices.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    );
  }
  if (shape.Type === "number") {
    return (
      <input
        {...common}
        className="field number-field"
        inputMode="decimal"
        value={text}
        onChange={(event) => onChange(readNumber(event.target.value))}
      />
    );
  }
  return <Text common={common} text={text} onChange={onChange} />;
}

function Text({
  common,
  text,
  onChange,
}: {
  common: { id: string; "aria-invalid": true | undefined; "aria-describedby": string | undefined };
  text: string;
  onChange: (value: string) => void;
}) {
  // As it was at first: another element in its place would lose the focus while somebody types.
  const [rows] = useState(() =>
    text.length > LONG || text.includes("\n") ? Math.min(8, Math.max(2, Math.ceil(text.length / LONG))) : 1,
  );
  const props = {
    ...common,
    className: "field mono",
    value: text,
    spellCheck: false,
    autoComplete: "off",
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return rows > 1 ? <textarea {...props} rows={rows} /> : <input {...props} />;
}

/** What is no number stays a text, and the server says what is wrong with it. */
function readNumber(text: string): number | string {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && String(value) === text ? value : text;
}
