import { useDeferredValue, useEffect, useRef, useState } from "react";

/** A text that is told when it has settled, so that not each letter is asked of the server. */
export function SearchField({
  value,
  label,
  placeholder = "Search by name",
  onChange,
}: {
  value: string;
  label: string;
  placeholder?: string;
  onChange: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  const settled = useDeferredValue(text);
  const told = useRef(value);
  useEffect(() => {
    // Back and forward change the address, and the field with it.
    if (value !== told.current) {
      told.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (settled === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = settled;
      onChange(settled);
    }, 150);
    return () => clearTimeout(timer);
  }, [settled, onChange]);
  return (
    <input
      type="search"
      className="field"
      placeholder={placeholder}
      aria-label={label}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
