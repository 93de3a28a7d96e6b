// The small signs of a chart's buttons.
import type { ReactNode } from "react";

const PATHS: Record<string, ReactNode> = {
  reset: <path d="M3 8a5 5 0 1 0 1.6-3.6M3 2.5v3h3" />,
  table: <path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9" />,
  full: <path d="M6 2.5H2.5V6M10 2.5h3.5V6M6 13.5H2.5V10M10 13.5h3.5V10" />,
  edit: <path d="M3 13l.7-3L11 2.8l2.2 2.2L6 12.3z" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.4" strokeLinecap="round" />,
  drag: <path d="M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01" strokeWidth="2.4" strokeLinecap="round" />,
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
