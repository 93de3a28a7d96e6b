import { ago, instant } from "../lib/format";
import { useNow } from "./now";

/** How long ago an instant was, kept up to date; the instant itself as a hint. */
export function Ago({ at }: { at: number }) {
  const now = useNow(Date.now() / 1000 - at < 90 ? 1_000 : 15_000);
  return <time title={instant(at)}>{ago(at, now)}</time>;
}
