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
};

export function stopJob(kind: JobKind, name: string): Promise<object> {
  return kind === "training-job"
    ? call("sagemaker/StopTrainingJob", { TrainingJobName: name })
    : call("sagemaker/StopProcessingJob", { ProcessingJobName: name });
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
