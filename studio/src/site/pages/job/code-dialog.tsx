// A training job as code.
import { useState } from "react";
import type { TrainingJob } from "../../api/call";
import { CopyButton } from "../../components/copy";
import { Dialog } from "../../components/dialog";
import { codeOf, FORMS, type Form } from "../../lib/code";

export function CodeButton({ job }: { job: TrainingJob }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button type="button" className="button" onClick={() => setIsOpen(true)}>
        Copy as code
      </button>
      {isOpen && <CodeDialog job={job} onClose={() => setIsOpen(false)} />}
    </>
  );
}

function CodeDialog({ job, onClose }: { job: TrainingJob; onClose: () => void }) {
  const [form, setForm] = useState<Form>("boto3");
  const code = codeOf(job, form);
  return (
    <Dialog label="Copy as code" className="broad" onClose={onClose}>
      <div className="dialog-body">
        <h2>The same job again, as code</h2>
        <div className="toolbar" role="group" aria-label="Form of the code">
          {FORMS.map((each) => (
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
        {/* Keys scroll it. */}
        <pre className="code" tabIndex={0} aria-label={`Code for ${form}`}>
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
