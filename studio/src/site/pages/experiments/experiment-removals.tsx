// Deletes experiments and trials, after a question that says what goes with them.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call";
import { allNames } from "../../api/rows";
import { eachAtATime } from "../../lib/batches";
import { questionOf, trialsOf } from "../../lib/component-question";
import { FormDialog, useChange } from "./form-dialog";

const NEWEST = { by: "CreationTime", descending: true };

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
