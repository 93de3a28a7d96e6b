// Numbers, times and sizes for readers: rounded to what matters.
const NUMBER = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A metric or another measured number. */
export function number(value: number | undefined): string {
  if (value === undefined) return "";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(3);
  return Number.isInteger(value) ? String(value) : NUMBER.format(value).replaceAll(",", "");
}

/** Seconds as "1 h 4 min", two units at most. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([size]) => whole >= size);
  let rest = whole;
  return units
    .slice(first, first + 2)
    .map(([size, name]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return count > 0 ? `${count} ${name}` : "";
    })
    .filter(Boolean)
    .join(" ");
}

/** Bytes as "1.5 GB": in powers of 1,000, as disks and S3 are measured. */
export function bytes(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return "";
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < 5) {
    value /= 1_000;
    unit += 1;
  }
  const shown = unit === 0 || value >= 99.5 ? Math.round(value) : Number(value.toPrecision(2));
  return `${shown} ${["B", "kB", "MB", "GB", "TB", "PB"][unit]}`;
}

/** How long ago, from epoch seconds. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, now - at);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** An instant in the reader's own time zone: 2026-11-27 15:04:05. */
export function instant(at: number | undefined): string {
  if (at === undefined) return "";
  const date = new Date(at * 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** A hyperparameter without the JSON quotes that the SDK adds. */
export function plain(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    const found: unknown = JSON.parse(value);
    return typeof found === "string" ? found : value;
  } catch {
    return value;
  }
}
