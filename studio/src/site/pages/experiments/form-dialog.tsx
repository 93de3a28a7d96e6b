// A question or a form over the page, and the change that it makes.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Dialog } from "../../components/dialog";
import { Refused } from "../../components/refused";

/** A change after which all lists of experiments are asked for anew. */
export function useChange<Given>(change: (given: Given) => Promise<unknown>, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: ["rows"] }),
        client.invalidateQueries({ queryKey: ["experiment"] }),
      ]);
      onDone();
    },
  });
}

export function FormDialog({
  title,
  yes,
  isDanger = false,
  error,
  isBusy,
  isReady = true,
  onYes,
  onClose,
  children,
}: {
  title: string;
  yes: string;
  isDanger?: boolean;
  error: Error | null;
  isBusy: boolean;
  isReady?: boolean;
  onYes: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  return (
    <Dialog label={title} onClose={onClose}>
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          onYes();
        }}
      >
        <h2>{title}</h2>
        {children}
        {error && <Refused error={error} />}
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`button ${isDanger ? "danger" : "primary"}`} disabled={isBusy || !isReady}>
            {yes}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
