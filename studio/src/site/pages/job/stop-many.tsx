// Stops the jobs that are chosen in a list, after a question.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Question } from "../../components/question";
import type { JobRow } from "../../lib/jobs";
import { stopJob } from "./stop";

const MOST_NAMED = 8;

export function StopMany({ jobs, onDone }: { jobs: JobRow[]; onDone: () => void }) {
  const [isOpen, setIsOpen] = useState(false);
  const stop = useMutation({
    mutationFn: async () => {
      const ended = await Promise.allSettled(jobs.map((job) => stopJob(job.kind, job.name)));
      const failed = ended.find((each) => each.status === "rejected");
      // The others are stopped; those that are left are still chosen.
      if (failed !== undefined) throw failed.reason;
    },
    onSuccess: () => {
      setIsOpen(false);
      onDone();
    },
  });
  const what = jobs.length === 1 ? (jobs[0]?.name ?? "") : `${jobs.length} jobs`;
  const named = jobs.slice(0, MOST_NAMED).map((job) => job.name);
  return (
    <>
      <button type="button" className="button small danger" onClick={() => setIsOpen(true)}>
        Stop {what}
      </button>
      {isOpen && (
        <Question
          title={`Stop ${what}?`}
          text={`${named.join(", ")}${jobs.length > MOST_NAMED ? " and others" : ""}: each gets SIGTERM and two minutes to end.`}
          yes="Stop them"
          error={stop.error}
          isBusy={stop.isPending}
          onYes={() => stop.mutate()}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}
