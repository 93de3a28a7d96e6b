// Saves a whole log as a file.
import { useEffect, useRef, useState } from "react";
import { downloadLog, type LogSource } from "../../api/log-lines";

export function Download({ source, name }: { source: LogSource; name: string }) {
  const [said, say] = useState("");
  const control = useRef<AbortController>(null);
  useEffect(() => () => control.current?.abort(), []);
  const save = async (): Promise<void> => {
    const current = new AbortController();
    control.current = current;
    try {
      say("Reading …");
      const content = await downloadLog(source, (lines) => say(`${lines.toLocaleString("en")} lines …`), current.signal);
      const address = URL.createObjectURL(content);
      const link = document.createElement("a");
      link.href = address;
      link.download = name;
      link.click();
      URL.revokeObjectURL(address);
      say("");
    } catch (error) {
      say(current.signal.aborted ? "" : (error as Error).message);
    } finally {
      control.current = null;
    }
  };
  return (
    <button
      type="button"
      className="button"
      onClick={() => (control.current === null ? void save() : control.current.abort())}
    >
      <span role="status">{said || "Download"}</span>
    </button>
  );
}
