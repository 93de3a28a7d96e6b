import { useEffect, useRef, useState } from "react";

/** How names begin: the server jumps there, so it is quick in a folder of a million too. */
export function PrefixField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const told = useRef(value);
  useEffect(() => {
    // Back and forward change the address, and the field with it.
    if (value === told.current) return;
    told.current = value;
    setText(value);
  }, [value]);
  useEffect(() => {
    if (text === told.current) return undefined;
    const timer = setTimeout(() => {
      told.current = text;
      onChange(text);
    }, 150);
    return () => clearTimeout(timer);
  }, [text, onChange]);
  return (
    <input
      type="search"
      className="field"
      placeholder="Names that begin with …"
      aria-label="Names that begin with"
      value={text}
      spellCheck={false}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
