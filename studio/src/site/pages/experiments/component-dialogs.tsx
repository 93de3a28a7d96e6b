// What changes several components at once, after a question.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useId, useRef, useState } from "react";
import { call, ServerError } from "../../api/call";
import { rowsWindow } from "../../api/rows";
import { Dialog } from "../../components/dialog";
import { eachAtATime } from "../../lib/batches";

export interface ComponentAction {
  type: "tag" | "associate" | "disassociate" | "delete";
  names: string[];
  /** The trial whose list this is. */
  trial?: string;
}

const WORDS = {
  tag: { title: "Add a tag to", yes: "Add the tag" },
  associate: { title: "Add to a trial:", yes: "Add" },
  disassociate: { title: "Take out of the trial:", yes: "Take out" },
  delete: { title: "Delete", yes: "Delete" },
};

const NEWEST = { by: "CreationTime", descending: true };

export function ComponentDialog({
  action,
  onClose,
  onDone,
}: {
  action: ComponentAction;
  onClose: () => void;
  onDone: () => void;
}) {
  const { type, names, trial } = action;
  const client = useQueryClient();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const [target, setTarget] = useState("");
  const [done, setDone] = useState<number>();
  const [failed, setFailed] = useState<{ name: string; error: string }[]>([]);
  const control = useRef(new AbortController());
  // Who closes the dialog stops it: what is done stays done.
  useEffect(() => {
    const own = new AbortController();
    control.current = own;
    return () => own.abort();
  }, []);
  const isBusy = done !== undefined && done < names.length;

  const run = async (): Promise<void> => {
    setDone(0);
    const failures = await eachAtATime(
      names,
      (name) => change(name, action, { key, value, trial: type === "associate" ? target : (trial ?? "") }),
      setDone,
      control.current.signal,
    );
    await client.invalidateQueries({ queryKey: ["rows"] });
    void client.invalidateQueries({ queryKey: ["column-names"] });
    if (control.current.signal.aborted) return;
    if (failures.length === 0) onDone();
    setDone(undefined);
    setFailed(failures.map(({ item, error }) => ({ name: item, error: error instanceof ServerError ? error.message : String(error) })));
  };

  const some = names.length === 1 ? names[0] : `${names.length.toLocaleString("en")} trial components`;
  const isReady = type === "tag" ? key.trim() !== "" : type === "associate" ? target.trim() !== "" : true;
  const title = `${WORDS[type].title} ${some}`;
  return (
    <Dialog label={title} onClose={onClose}>
      <form
        className="dialog-body"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <h2>{title}</h2>
        {type === "delete" && (
          <p>
            Their parameters, metrics and lineage go with them, and they leave their trials. Their jobs, logs and what
            is in S3 stay. This can't be undone.
          </p>
        )}
        {type === "disassociate" && <p>They stay in the list of all components, and can be added again.</p>}
        {type === "tag" && (
          <div className="fields">
            <label>
              Key
              <input className="field" value={key} maxLength={128} required onChange={(event) => setKey(event.target.value)} />
            </label>
            <label>
              Value
              <input className="field" value={value} maxLength={256} onChange={(event) => setValue(event.target.value)} />
            </label>
          </div>
        )}
        {type === "associate" && <TrialField value={target} onChange={setTarget} />}
        {failed.length > 0 && (
          <div className="error" role="alert">
            <h3>
              {failed.length} of {names.length} failed
            </h3>
            <ul>
              {failed.slice(0, 5).map((each) => (
                <li key={each.name}>{each.error}</li>
              ))}
            </ul>
          </div>
        )}
        <div className="row">
          <span className="soft" role="status">
            {isBusy && names.length > 1 ? `${done} of ${names.length}` : ""}
          </span>
          <button type="button" className="button" onClick={onClose}>
            {failed.length > 0 ? "Close" : isBusy ? "Stop" : "Cancel"}
          </button>
          <button
            type="submit"
            className={`button ${type === "delete" ? "danger" : "primary"}`}
            disabled={!isReady || isBusy}
          >
            {WORDS[type].yes}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function TrialField({ value, onChange }: { value: string; onChange: (trial: string) => void }) {
  const id = useId();
  const question = { Resource: "ExperimentTrial" as const, ...(value && { Text: value }) };
  const found = useQuery({
    ...rowsWindow(question, NEWEST, ["ExperimentName"], 0, 20),
    placeholderData: (before) => before,
  });
  return (
    <label>
      Trial
      <input
        className="field"
        list={id}
        value={value}
        placeholder="A part of its name"
        autoComplete="off"
        required
        onChange={(event) => onChange(event.target.value)}
      />
      <datalist id={id}>
        {found.data?.Names.map((name, at) => (
          <option key={name} value={name}>
            {String(found.data.Columns["ExperimentName"]?.[at] ?? "")}
          </option>
        ))}
      </datalist>
    </label>
  );
}

async function change(
  name: string,
  action: ComponentAction,
  given: { key: string; value: string; trial: string },
): Promise<void> {
  const pair = { TrialName: given.trial, TrialComponentName: name };
  switch (action.type) {
    case "tag": {
      const arn = await arnOf(name);
      await call("sagemaker/AddTags", { ResourceArn: arn, Tags: [{ Key: given.key.trim(), Value: given.value }] });
      return;
    }
    case "associate":
      await call("sagemaker/AssociateTrialComponent", pair);
      return;
    case "disassociate":
      await call("sagemaker/DisassociateTrialComponent", pair);
      return;
    default: {
      // A component of a trial can't be deleted.
      for (const trial of (await rowOf(name)).trials) {
        await call("sagemaker/DisassociateTrialComponent", { TrialName: trial, TrialComponentName: name });
      }
      await call("sagemaker/DeleteTrialComponent", { TrialComponentName: name });
    }
  }
}

async function arnOf(name: string): Promise<string> {
  return (await rowOf(name)).arn;
}

async function rowOf(name: string): Promise<{ arn: string; trials: string[] }> {
  const answer = await call("studio/ListRows", {
    Resource: "ExperimentTrialComponent",
    SearchExpression: { Filters: [{ Name: "TrialComponentName", Operator: "Equals", Value: name }] },
    Columns: ["Parents.TrialName"],
    Count: 1,
  });
  const trials = answer.Columns["Parents.TrialName"]?.[0] ?? [];
  return { arn: answer.Arns[0] ?? "", trials: (Array.isArray(trials) ? trials : [trials]).map(String) };
}
