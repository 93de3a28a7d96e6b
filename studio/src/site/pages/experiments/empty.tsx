// Lists without a row say what would fill them.
import { CopyButton } from "../../components/copy";
import type { Scope } from "../../lib/component-question";

const TRACK = `from sagemaker.experiments.run import Run

with Run(experiment_name="digits", run_name="first") as run:
    run.log_parameter("rate", 0.1)
    run.log_metric("loss", 0.25, step=1)`;

const IN_TRIAL = `estimator.fit(
    inputs,
    experiment_config={
        "ExperimentName": "digits",
        "TrialName": "first",
        "TrialComponentDisplayName": "Training",
    },
)`;

export function NoComponents({
  scope,
  isNarrowed,
  onAll,
}: {
  scope: Scope;
  isNarrowed: boolean;
  onAll: () => void;
}) {
  if (isNarrowed) {
    return (
      <div className="card empty">
        <h2>No trial component is like that</h2>
        <button type="button" className="button" onClick={onAll}>
          Show all
        </button>
      </div>
    );
  }
  if (scope.isUnassigned) {
    return (
      <div className="card empty">
        <h2>Every trial component is in a trial</h2>
        <p className="soft">The components of jobs without an experiment would stand here.</p>
      </div>
    );
  }
  const isPart = scope.experiment !== undefined || scope.trial !== undefined;
  return (
    <EmptyWithCode
      title={isPart ? "There is no trial component here yet" : "There is no trial component yet"}
      text={isPart ? "A job with this puts its component into a trial:" : "This tracks a run; every job is tracked by itself:"}
      code={isPart ? IN_TRIAL : TRACK}
    />
  );
}

export function NoExperiments() {
  return <EmptyWithCode title="There is no experiment yet" text="This makes one, with its first run:" code={TRACK} />;
}

function EmptyWithCode({ title, text, code }: { title: string; text: string; code: string }) {
  return (
    <div className="card empty">
      <h2>{title}</h2>
      <p className="soft">{text}</p>
      <pre tabIndex={0}>{code}</pre>
      <CopyButton text={code} label="Copy" />
    </div>
  );
}
