// The members of a job's request in the order in which people think of them.
import { Card } from "../../components/facts";
import { Members, Parts } from "../../components/shape-form";
import type { JobKind } from "../../lib/jobs";
import { isDocument, type Shape } from "../../lib/shape";

/** [title, members]. A section of one member with parts shows the parts alone. */
const SECTIONS: Record<JobKind, [string, string[]][]> = {
  "training-job": [
    ["Name and role", ["TrainingJobName", "RoleArn"]],
    ["Hyperparameters", ["HyperParameters"]],
    ["Algorithm", ["AlgorithmSpecification"]],
    ["Input data", ["InputDataConfig"]],
    ["Instances", ["ResourceConfig"]],
    ["Stopping condition", ["StoppingCondition", "EnableManagedSpotTraining", "RetryStrategy"]],
    ["Output and checkpoints", ["OutputDataConfig", "CheckpointConfig", "TensorBoardOutputConfig"]],
    ["Environment", ["Environment"]],
    ["Experiment", ["ExperimentConfig"]],
    [
      "Debugger and profiler",
      ["DebugHookConfig", "DebugRuleConfigurations", "ProfilerConfig", "ProfilerRuleConfigurations"],
    ],
    ["Tags", ["Tags"]],
  ],
  "processing-job": [
    ["Name and role", ["ProcessingJobName", "RoleArn"]],
    ["Application", ["AppSpecification"]],
    ["Inputs", ["ProcessingInputs"]],
    ["Outputs", ["ProcessingOutputConfig"]],
    ["Instances", ["ProcessingResources"]],
    ["Stopping condition", ["StoppingCondition"]],
    ["Environment", ["Environment"]],
    ["Experiment", ["ExperimentConfig"]],
    ["Tags", ["Tags"]],
  ],
  "transform-job": [
    ["Name and model", ["TransformJobName", "ModelName"]],
    ["Input data", ["TransformInput"]],
    ["Output", ["TransformOutput"]],
    ["Requests", ["BatchStrategy", "MaxConcurrentTransforms", "MaxPayloadInMB", "ModelClientConfig"]],
    ["Filters and join", ["DataProcessing"]],
    ["Instances", ["TransformResources"]],
    ["Environment", ["Environment"]],
    ["Experiment", ["ExperimentConfig"]],
    ["Tags", ["Tags"]],
  ],
  "hyper-parameter-tuning-job": [
    ["Name", ["HyperParameterTuningJobName"]],
    ["Search", ["HyperParameterTuningJobConfig"]],
    ["Training job of a trial", ["TrainingJobDefinition"]],
    ["Training jobs of trials", ["TrainingJobDefinitions"]],
    ["Warm start", ["WarmStartConfig"]],
    ["Tags", ["Tags"]],
  ],
  "automl-job": [
    ["Name and role", ["AutoMLJobName", "RoleArn"]],
    ["Input data", ["AutoMLJobInputDataConfig", "DataSplitConfig"]],
    ["Problem", ["AutoMLProblemTypeConfig"]],
    ["Objective", ["AutoMLJobObjective"]],
    ["Output", ["OutputDataConfig"]],
    ["Deployment", ["ModelDeployConfig"]],
    ["Tags", ["Tags"]],
  ],
};

export function RequestForm({ kind, shape, draft }: { kind: JobKind; shape: Shape; draft: Record<string, unknown> }) {
  const sections = SECTIONS[kind];
  const named = new Set(sections.flatMap(([, members]) => members));
  const rest = Object.keys(shape.Members ?? {}).filter((member) => !named.has(member));
  return (
    <>
      {[...sections, ["Other", rest] as [string, string[]]].map(([title, members]) => {
        const [only] = members;
        const inner = only === undefined ? undefined : shape.Members?.[only];
        const isOne = members.length === 1 && inner !== undefined && draft[only ?? ""] !== undefined;
        const hasParts = inner !== undefined && (isDocument(draft[only ?? ""]) || Array.isArray(draft[only ?? ""]));
        return (
          <Card key={title} title={title}>
            <div className="form-parts">
              {isOne && hasParts && only !== undefined ? (
                <Parts shape={inner} value={draft[only]} path={[only]} label={title} />
              ) : (
                <Members shape={shape} value={draft} path={[]} only={members} />
              )}
            </div>
          </Card>
        );
      })}
    </>
  );
}
