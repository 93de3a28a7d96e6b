// The rows that are selected in a list, kept in its address while they are few, and here when they are many.
import { useCallback, useMemo, useState } from "react";
import { readSelection, type RowSelection, spelledSelection } from "../lib/row-selection";

/** spelled: what the address says. onSpelled: writes it there. */
export function useSelection(
  spelled: string | undefined,
  onSpelled: (spelled: string | undefined) => void,
): [RowSelection, (chosen: RowSelection) => void] {
  // A long selection is not written into the address.
  const [kept, setKept] = useState<{ spelled: string | undefined; selection: RowSelection }>();
  const selection = useMemo(
    () => (kept !== undefined && kept.spelled === spelled ? kept.selection : readSelection(spelled)),
    [kept, spelled],
  );
  const onSelection = useCallback(
    (chosen: RowSelection) => {
      const written = spelledSelection(chosen);
      setKept({ spelled: written, selection: chosen });
      onSpelled(written);
    },
    [onSpelled],
  );
  return [selection, onSelection];
}
