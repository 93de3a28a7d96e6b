// A field that filters what is on a page; its text stands in the address.
import { useDeferredValue, useEffect, useState } from "react";

export function FilterField({
  value,
  label,
  onChange,
}: {
  value: string | undefined;
  label: string;
  onChange: (text: string | undefined) => void;
}) {
  const [text, setText] = useState(value ?? "");
  const settled = useDeferredValue(text);
  useEffect(() => {
    if (settled === (value ?? "")) return undefined;
    const timer = setTimeout(() => onChange(settled || undefined), 150);
    return () => clearTimeout(timer);
  }, [settled, value, onChange]);
  return (
    <input
      type="search"
      className="field"
      placeholder={label}
      aria-label={label}
      value={text}
      onChange={({ target }) => setText(target.value)}
    />
  );
}

/** Whether a name has a text, in upper or lower case. */
export function matches(name: string, filter: string | undefined): boolean {
  return filter === undefined || name.toLowerCase().includes(filter.toLowerCase());
}
