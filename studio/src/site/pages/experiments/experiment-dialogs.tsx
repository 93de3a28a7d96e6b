// Makes, describes and deletes experiments and trials.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { allNames } from "../../api/rows";
import { Dialog } from "../../components/dialog";
import { Refused } from "../../components/refused";
import { eachAtATime } from "../../lib/batches";
import { questionOf, trialsOf } from "../../lib/component-question";

const NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}";
const FOR_EVER = "Letters, digits and hyphens; it can't be changed later";
const NEWEST = { by: "CreationTime", descending: true };

function useChange<Given>(change: (given: Given) => Promise<unknown>, onDone: () => void) {
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

function FormDialog({
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

/** Asks how much goes before anything goes. */
export function RemoveExperiment({
  name,
  onDeleting,
  onClose,
  onDone,
}: {
  name: string;
  onDeleting?: (isDeleting: boolean) => void;
  onClose: () => void;
  onDone: () => void;
}) {
  const trials = useQuery({
    queryKey: ["rows", "ExperimentTrial", "names-of", name],
    queryFn: () => allNames(trialsOf(name), NEWEST),
  });
  const components = useQuery({
    queryKey: ["rows", "ExperimentTrialComponent", "count-of", name],
    queryFn: async () => (await call("studio/ListRows", { ...questionOf({ experiment: name }), Count: 0 })).Total,
  });
  const [done, setDone] = useState(0);
  const removed = useChange(async () => {
    for (const trial of trials.data ?? []) {
      await removeTrial(trial);
      setDone((before) => before + 1);
    }
    onDeleting?.(true);
    await call("sagemaker/DeleteExperiment", { ExperimentName: name }).catch((error: unknown) => {
      onDeleting?.(false);
      throw error;
    });
  }, onDone);
  const counts =
    trials.data === undefined || components.data === undefined
      ? "Counting what goes with it …"
      : whatGoes(trials.data.length, components.data);
  return (
    <FormDialog
      title={`Delete the experiment ${name}?`}
      yes="Delete the experiment"
      isDanger
      error={removed.error ?? trials.error ?? components.error}
      isBusy={removed.isPending}
      isReady={trials.data !== undefined && components.data !== undefined}
      onYes={() => removed.mutate(undefined)}
      onClose={onClose}
    >
      <p>{counts} This can't be undone.</p>
      <p className="soft" role="status">
        {removed.isPending && (trials.data?.length ?? 0) > 0 ? `${done} of ${counted(trials.data?.length ?? 0, "trial")}` : ""}
      </p>
    </FormDialog>
  );
}

export function RemoveTrial({ name, onClose, onDone }: { name: string; onClose: () => void; onDone: () => void }) {
  const components = useQuery({
    queryKey: ["rows", "ExperimentTrialComponent", "count-of-trial", name],
    queryFn: async () => (await call("studio/ListRows", { ...questionOf({ trial: name }), Count: 0 })).Total,
  });
  const removed = useChange(() => removeTrial(name), onDone);
  return (
    <FormDialog
      title={`Delete the trial ${name}?`}
      yes="Delete the trial"
      isDanger
      error={removed.error ?? components.error}
      isBusy={removed.isPending}
      isReady={components.data !== undefined}
      onYes={() => removed.mutate(undefined)}
      onClose={onClose}
    >
      <p>
        {components.data === undefined
          ? "Counting what is in it …"
          : components.data === 0
            ? "It has no trial components."
            : `Its ${counted(components.data, "trial component")} and their jobs stay; those of no other trial become unassigned.`}{" "}
        This can't be undone.
      </p>
    </FormDialog>
  );
}

/** A trial that has components can't be deleted. */
async function removeTrial(name: string): Promise<void> {
  const components = await allNames(questionOf({ trial: name }), NEWEST);
  const failures = await eachAtATime(
    components,
    async (component) => {
      await call("sagemaker/DisassociateTrialComponent", { TrialName: name, TrialComponentName: component });
    },
    () => undefined,
  );
  const first = failures[0];
  if (first !== undefined) throw first.error;
  await call("sagemaker/DeleteTrial", { TrialName: name });
}

function whatGoes(trials: number, components: number): string {
  if (trials === 0) return "It has no trials.";
  const go = `With it ${trials === 1 ? "goes" : "go"} ${counted(trials, "trial")}.`;
  if (components === 0) return `${go} No trial component is in it.`;
  return `${go} ${counted(components, "trial component")} and their jobs stay; those of no other trial become unassigned.`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
