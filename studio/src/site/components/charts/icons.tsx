// The small signs of a chart's buttons.
import type { ReactNode } from "react";

const PATHS: Record<string, ReactNode> = {
  reset: <path d="M3 8a5 5 0 1 0 1.6-3.6M3 2.5v3h3" />,
  table: <path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9" />,
  csv: <path d="M8 2.5v7M5 7l3 3 3-3M3 13h10" />,
  picture: <path d="M2.5 3.5h11v9h-11zM3 11l3-3 2.5 2.5L11 8l2.5 2.5M5.5 6h.01" />,
  full: <path d="M6 2.5H2.5V6M10 2.5h3.5V6M6 13.5H2.5V10M10 13.5h3.5V10" />,
  edit: <path d="M3 13l.7-3L11 2.8l2.2 2.2L6 12.3z" />,
  remove: <path d="M4 4l8 8M12 4l-8 8" />,
  copy: <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" />,
  drag: <path d="M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01" strokeWidth="2.4" strokeLinecap="round" />,
  wider: <path d="M2.5 8h11M5 5.5 2.5 8 5 10.5M11 5.5 13.5 8 11 10.5" />,
};

/** name: one of PATHS. */
export function IconButton({
  name,
  label,
  pressed,
  onClick,
}: {
  name: string;
  label: string;
  pressed?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      className="icon-button"
      title={label}
      {...(pressed !== undefined && { "aria-pressed": pressed })}
      onClick={onClick}
    >
      <Icon name={name} />
      <span className="hidden-text">{label}</span>
    </button>
  );
}

export function Icon({ name }: { name: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
      {PATHS[name]}
    </svg>
  );
}
