// The display name of a component, which UpdateTrialComponent may change; its name may not.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "../../api/call";
import type { TrialComponent } from "../../api/tracking-operations";
import { Trouble } from "../../components/trouble";

/** The model's pattern, in words below the field. */
const MOST_LETTERS = 120;

export function DisplayName({ component }: { component: TrialComponent }) {
  const [isOpen, setIsOpen] = useState(false);
  const name = component.TrialComponentName ?? "";
  const shown = component.DisplayName || name;
  if (isOpen) return <NameForm name={name} shown={shown} onClose={() => setIsOpen(false)} />;
  return (
    <div className="display-name">
      <h1 className="job-name">{shown}</h1>
      <button type="button" className="icon-button" title="Change the display name" onClick={() => setIsOpen(true)}>
        <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.5">
          <path d="M3 13l.7-2.9L10.9 3l2.1 2.1-7.1 7.2zM9.4 4.5l2.1 2.1" strokeLinejoin="round" />
        </svg>
        <span className="hidden-text">Change the display name</span>
      </button>
      {shown !== name && <p className="soft mono component-name">{name}</p>}
    </div>
  );
}

function NameForm({ name, shown, onClose }: { name: string; shown: string; onClose: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState(shown);
  const save = useMutation({
    mutationFn: (DisplayName: string) => call("sagemaker/UpdateTrialComponent", { TrialComponentName: name, DisplayName }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["component", name.toLowerCase()] });
      onClose();
    },
  });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() === shown) onClose();
    else save.mutate(text.trim());
  };
  return (
    <form className="stack tight name-form" onSubmit={onSubmit}>
      <div className="row">
        <input
          className="field"
          aria-label="Display name"
          aria-describedby="name-help"
          autoFocus
          required
          maxLength={MOST_LETTERS}
          pattern="[a-zA-Z0-9](-*[a-zA-Z0-9])*"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={({ key }) => {
            if (key === "Escape") onClose();
          }}
        />
        <button type="submit" className="button primary" disabled={save.isPending}>
          Save
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
      </div>
      <p className="soft" id="name-help">
        Letters, digits and hyphens, up to {MOST_LETTERS}.
      </p>
      {save.error && <Trouble error={save.error} what="the display name" />}
    </form>
  );
}
