// A job as code that makes it again.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AutoMLJob, ProcessingJob, TrainingJob, TransformJob, TuningJob } from "../../api/call";
import { tagsOf } from "../../api/queries";
import { requestShape } from "../../api/shape";
import { CopyButton } from "../../components/copy";
import { Dialog } from "../../components/dialog";
import { Trouble } from "../../components/trouble";
import { CREATE, LONGEST_SEARCH_NAME, requestOf } from "../../lib/again";
import { boto3, codeOf, FORMS, type Form } from "../../lib/code";
import type { JobKind } from "../../lib/jobs";
import type { Document } from "../../lib/shape";

export function TrainingCode({ job }: { job: TrainingJob }) {
  return (
    <CodeButton
      kind="training-job"
      job={job}
      arn={job.TrainingJobArn}
      forms={FORMS}
      codeOf={(request, form) => codeOf(job, request, form)}
    />
  );
}

export function ProcessingCode({ job }: { job: ProcessingJob }) {
  return (
    <CodeButton
      kind="processing-job"
      job={job}
      arn={job.ProcessingJobArn}
      forms={["boto3"]}
      codeOf={(request) => boto3("create_processing_job", "ProcessingJobName", request)}
    />
  );
}

export function TransformCode({ job }: { job: TransformJob }) {
  return (
    <CodeButton
      kind="transform-job"
      job={job}
      arn={job.TransformJobArn}
      forms={["boto3"]}
      codeOf={(request) => boto3("create_transform_job", "TransformJobName", request)}
    />
  );
}

export function TuningCode({ job }: { job: TuningJob }) {
  return (
    <CodeButton
      kind="hyper-parameter-tuning-job"
      job={job}
      arn={job.HyperParameterTuningJobArn}
      forms={["boto3"]}
      codeOf={(request) => boto3("create_hyper_parameter_tuning_job", "HyperParameterTuningJobName", request, LONGEST_SEARCH_NAME)}
    />
  );
}

export function AutopilotCode({ job }: { job: AutoMLJob }) {
  return (
    <CodeButton
      kind="automl-job"
      job={job}
      arn={job.AutoMLJobArn}
      forms={["boto3"]}
      codeOf={(request) => boto3("create_auto_ml_job_v2", "AutoMLJobName", request, LONGEST_SEARCH_NAME)}
    />
  );
}

interface CodeProps {
  kind: JobKind;
  job: object;
  arn: string | undefined;
  forms: readonly Form[];
  codeOf: (request: Document, form: Form) => string;
}

function CodeButton(props: CodeProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>
        Copy as code
      </button>
      {isOpen && <CodeDialog {...props} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function CodeDialog({ kind, job, arn, forms, codeOf: written, onClose }: CodeProps & { onClose: () => void }) {
  const [form, setForm] = useState<Form>("boto3");
  const shape = useQuery(requestShape(CREATE[kind]));
  const tags = useQuery(tagsOf(arn));
  // Without the tags, the code has all else.
  const isKnown = shape.data !== undefined && !tags.isPending;
  const code = isKnown ? written(requestOf(shape.data, job, tags.data ?? []), form) : "";
  return (
    <Dialog label="Copy as code" className="broad" onClose={onClose}>
      <div className="dialog-body">
        <h2>The same job again, as code</h2>
        {forms.length > 1 && (
          <div className="toolbar" role="group" aria-label="Form of the code">
            {forms.map((each) => (
              <button
                key={each}
                type="button"
                className={each === form ? "button primary" : "button"}
                aria-pressed={each === form}
                onClick={() => setForm(each)}
              >
                {each}
              </button>
            ))}
          </div>
        )}
        {shape.error && <Trouble error={shape.error} what="the code" />}
        {/* Keys scroll it. */}
        <pre className="code" tabIndex={0} aria-label={`Code for ${form}`} aria-busy={!isKnown}>
          {code}
        </pre>
        <div className="row">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <CopyButton text={code} label="Copy" />
        </div>
      </div>
    </Dialog>
  );
}
