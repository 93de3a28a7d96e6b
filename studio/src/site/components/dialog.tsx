import { type ReactNode, useEffect, useRef } from "react";

/** A question or a panel over the page; the browser keeps the focus inside, and Escape closes it. */
export function Dialog({
  label,
  className = "",
  onClose,
  children,
}: {
  label: string;
  className?: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // The browser would choose the first element that can have the focus, whatever it is.
    dialog.current?.querySelector<HTMLElement>("input, button")?.focus();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      className={className}
      onClose={onClose}
      onClick={(event) => {
        // Outside: the dialog's own box is all covered by what is in it.
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      {children}
    </dialog>
  );
}
