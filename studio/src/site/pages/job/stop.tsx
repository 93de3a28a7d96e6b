// Stops a job, after a question.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { call } from "../../api/call";
import { Question } from "../../components/question";
import type { JobKind } from "../../lib/jobs";

const KEEPS: Record<JobKind, string> = {
  "training-job":
    "The script gets SIGTERM and two minutes to end; what it has written to /opt/ml/model is kept.",
  "processing-job": "The program gets SIGTERM and two minutes to end.",
  "transform-job": "The results of objects that are done stay; those of the object at work are not written.",
  "hyper-parameter-tuning-job": "Its trials get SIGTERM and two minutes to end; the best one so far stays the best.",
  "automl-job": "The jobs of its candidates get SIGTERM and two minutes to end; candidates that are complete are kept.",
};

export function stopJob(kind: JobKind, name: string): Promise<object> {
  switch (kind) {
    case "training-job":
      return call("sagemaker/StopTrainingJob", { TrainingJobName: name });
    case "processing-job":
      return call("sagemaker/StopProcessingJob", { ProcessingJobName: name });
    case "transform-job":
      return call("sagemaker/StopTransformJob", { TransformJobName: name });
    case "hyper-parameter-tuning-job":
      return call("sagemaker/StopHyperParameterTuningJob", { HyperParameterTuningJobName: name });
    case "automl-job":
      return call("sagemaker/StopAutoMLJob", { AutoMLJobName: name });
  }
}

export function StopButton({ kind, name }: { kind: JobKind; name: string }) {
  const [isOpen, setIsOpen] = useState(false);
  const stop = useMutation({
    mutationFn: () => stopJob(kind, name),
    onSuccess: () => setIsOpen(false),
  });
  return (
    <>
      <button type="button" className="button danger" onClick={() => setIsOpen(true)}>
        Stop
      </button>
      {isOpen && (
        <Question
          title={`Stop ${name}?`}
          text={KEEPS[kind]}
          yes="Stop the job"
          error={stop.error}
          isBusy={stop.isPending}
          onYes={() => stop.mutate()}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
