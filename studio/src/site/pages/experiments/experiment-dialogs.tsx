// Makes and describes experiments and trials.
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { call } from "../../api/call";
import { FormDialog, useChange } from "./form-dialog";

const NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}";
const FOR_EVER = "Letters, digits and hyphens; it can't be changed later";

/** AWS has the same letters for names and for display names. */
function NameField({
  label,
  value,
  hint = "Letters, digits and hyphens",
  onChange,
}: {
  label: string;
  value: string;
  hint?: string;
  onChange: (text: string) => void;
}) {
  return (
    <label>
      {label}
      <input
        className="field"
        value={value}
        required
        maxLength={120}
        pattern={NAME_PATTERN}
        title={hint}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

export function NewExperiment({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const made = useChange(
    () => call("sagemaker/CreateExperiment", { ExperimentName: name, ...(description && { Description: description }) }),
    () => void navigate({ to: "/experiments/$name", params: { name } }),
  );
  return (
    <FormDialog
      title="New experiment"
      yes="Create"
      error={made.error}
      isBusy={made.isPending}
      isReady={name !== ""}
      onYes={() => made.mutate(undefined)}
      onClose={onClose}
    >
      <NameField label="Name" hint={FOR_EVER} value={name} onChange={setName} />
      <DescriptionField value={description} onChange={setDescription} />
    </FormDialog>
  );
}

function DescriptionField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <label>
      Description
      <textarea
        className="field"
        rows={3}
        maxLength={3072}
        value={value}
        // AWS takes one line.
        onChange={(event) => onChange(event.target.value.replace(/\s*\n\s*/g, " "))}
      />
    </label>
  );
}

export function EditExperiment({
  name,
  displayName,
  description,
  onClose,
}: {
  name: string;
  displayName: string;
  description: string;
  onClose: () => void;
}) {
  const [title, setTitle] = useState(displayName);
  const [text, setText] = useState(description);
  const saved = useChange(
    () => call("sagemaker/UpdateExperiment", { ExperimentName: name, DisplayName: title, Description: text }),
    onClose,
  );
  return (
    <FormDialog
      title={`Rename and describe ${name}`}
      yes="Save"
      error={saved.error}
      isBusy={saved.isPending}
      onYes={() => saved.mutate(undefined)}
      onClose={onClose}
    >
      <NameField label="Display name" value={title} onChange={setTitle} />
      <DescriptionField value={text} onChange={setText} />
      <p className="soft">The name itself stays {name}: scripts and addresses use it.</p>
    </FormDialog>
  );
}

export function NewTrial({ experiment, onClose }: { experiment: string; onClose: () => void }) {
  const [name, setName] = useState("");
  const made = useChange(
    () => call("sagemaker/CreateTrial", { TrialName: name, ExperimentName: experiment }),
    onClose,
  );
  return (
    <FormDialog
      title={`New trial of ${experiment}`}
      yes="Create"
      error={made.error}
      isBusy={made.isPending}
      isReady={name !== ""}
      onYes={() => made.mutate(undefined)}
      onClose={onClose}
    >
      <NameField label="Name" hint={FOR_EVER} value={name} onChange={setName} />
    </FormDialog>
  );
}

export function RenameTrial({ name, displayName, onClose }: { name: string; displayName: string; onClose: () => void }) {
  const [title, setTitle] = useState(displayName);
  const saved = useChange(
    () => call("sagemaker/UpdateTrial", { TrialName: name, DisplayName: title }),
    onClose,
  );
  return (
    <FormDialog
      title={`Rename ${name}`}
      yes="Save"
      error={saved.error}
      isBusy={saved.isPending}
      onYes={() => saved.mutate(undefined)}
      onClose={onClose}
    >
      <NameField label="Display name" value={title} onChange={setTitle} />
    </FormDialog>
  );
}
