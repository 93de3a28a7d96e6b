// Runs a job again: a form of the old one, with what differs from it beside.
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { ServerError } from "../../api/call";
import { createJob } from "../../api/create";
import { autoMLJob, processingJob, tagsOf, trainingJob, transformJob, tuningJob } from "../../api/queries";
import { requestShape } from "../../api/shape";
import { ShapeForm } from "../../components/shape-form";
import { Trouble } from "../../components/trouble";
import { CREATE, nextName, renamed, requestOf, withName } from "../../lib/again";
import { differences } from "../../lib/differences";
import { draftStore } from "../../lib/draft";
import { type JobKind, KINDS } from "../../lib/jobs";
import { placedErrors } from "../../lib/placed-errors";
import { type Document, type Shape, withValue } from "../../lib/shape";
import "../../style/jobs.css";
import { Changes } from "./changes";
import { RequestForm } from "./request-form";

export function TrainingJobAgain() {
  const { name } = useParams({ from: "/signed-in/training-jobs/$name/again" });
  const job = useQuery(trainingJob(name));
  return <Again key={name} kind="training-job" name={name} job={job.data} arn={job.data?.TrainingJobArn} error={job.error} />;
}

export function ProcessingJobAgain() {
  const { name } = useParams({ from: "/signed-in/processing-jobs/$name/again" });
  const job = useQuery(processingJob(name));
  return (
    <Again key={name} kind="processing-job" name={name} job={job.data} arn={job.data?.ProcessingJobArn} error={job.error} />
  );
}

export function TransformJobAgain() {
  const { name } = useParams({ from: "/signed-in/transform-jobs/$name/again" });
  const job = useQuery(transformJob(name));
  return (
    <Again key={name} kind="transform-job" name={name} job={job.data} arn={job.data?.TransformJobArn} error={job.error} />
  );
}

export function TuningJobAgain() {
  const { name } = useParams({ from: "/signed-in/tuning-jobs/$name/again" });
  const job = useQuery(tuningJob(name));
  return (
    <Again
      key={name}
      kind="hyper-parameter-tuning-job"
      name={name}
      job={job.data}
      arn={job.data?.HyperParameterTuningJobArn}
      error={job.error}
    />
  );
}

export function AutopilotJobAgain() {
  const { name } = useParams({ from: "/signed-in/autopilot-jobs/$name/again" });
  const job = useQuery(autoMLJob(name));
  return (
    <Again key={name} kind="automl-job" name={name} job={job.data} arn={job.data?.AutoMLJobArn} error={job.error} />
  );
}

function Again({
  kind,
  name,
  job,
  arn,
  error,
}: {
  kind: JobKind;
  name: string;
  job: object | undefined;
  arn: string | undefined;
  error: Error | null;
}) {
  const shape = useQuery(requestShape(CREATE[kind]));
  const tags = useQuery(tagsOf(arn));
  useEffect(() => {
    document.title = `Run ${name} again · Clary Studio`;
  }, [name]);
  const failed = error ?? shape.error ?? tags.error;
  if (failed) return <Trouble error={failed} what={`the ${KINDS[kind].one} ${name}`} />;
  if (job === undefined || shape.data === undefined || tags.data === undefined) return <p className="soft">Loading …</p>;
  return <Form kind={kind} name={name} shape={shape.data} original={requestOf(shape.data, job, tags.data)} />;
}

function Form({ kind, name, shape, original: found }: { kind: JobKind; name: string; shape: Shape; original: Document }) {
  const member = `${KINDS[kind].noun}Name`;
  // The job may still run: what it was made of stays as it was when the form was opened.
  const [original] = useState(found);
  const kept = useMemo(() => draftStore(`${kind}/${name}`), [kind, name]);
  const [draft, setDraft] = useState<Document>(
    () => kept.read() ?? renamed(original, member, nextName(name, new Date(), kind)),
  );
  const navigate = useNavigate();
  const start = useMutation({
    mutationFn: () => createJob(kind, draft),
    onSuccess: () => {
      kept.clear();
      void navigate({ to: `${KINDS[kind].path}/$name`, params: { name: String(draft[member]) }, search: {} });
    },
  });
  const changed = useMemo(() => differences(original, draft), [original, draft]);
  const change = (next: Document): void => {
    setDraft(next);
    kept.write(next);
    start.reset();
  };
  const errors = useMemo(
    () => (start.error instanceof ServerError ? placedErrors(start.error.message, shape, draft) : []),
    // Placed where they were when the server answered.
    [start.error],
  );
  useEffect(() => {
    if (start.error) document.querySelector<HTMLElement>("[aria-invalid=true], .start-error")?.scrollIntoView({ block: "center" });
  }, [start.error]);

  return (
    <div className="stack">
      <header className="stack tight">
        <nav aria-label="Where this is" className="row">
          <Link to={KINDS[kind].path}>{KINDS[kind].title}</Link>
          <span aria-hidden="true">/</span>
          <Link to={`${KINDS[kind].path}/$name`} params={{ name }} search={{}}>
            {name}
          </Link>
        </nav>
        <h1>Run again</h1>
        <p className="soft">A new {KINDS[kind].one} with everything of the old one. Change what has to be another.</p>
      </header>
      <div className="again">
        <ShapeForm
          value={{
            errors,
            onChange: (path, value) =>
              change(
                path.length === 1 && path[0] === member && typeof value === "string"
                  ? withName(original, draft, member, value)
                  : withValue(draft, path, value),
              ),
          }}
        >
          <form
            aria-label={`The request of the new ${KINDS[kind].one}`}
            className="stack"
            onSubmit={(event) => event.preventDefault()}
          >
            <RequestForm kind={kind} shape={shape} draft={draft} />
          </form>
        </ShapeForm>
        <Changes
          changed={changed}
          error={start.error}
          isBusy={start.isPending}
          onUndo={(each) => change(withValue(draft, each.before === undefined ? each.path : each.from, each.before))}
          onStartOver={() => change(renamed(original, member, nextName(name, new Date(), kind)))}
          onStart={() => start.mutate()}
        />
      </div>
    </div>
  );
}
