// Keys and values, such as hyperparameters: one row each.
import { useState } from "react";
import { spelledLike } from "../lib/again";
import { plain } from "../lib/format";
import { blank, type Document, type Path, type Shape } from "../lib/shape";
import { errorsAt, useForm, Value } from "./shape-form";

/** The SDK's own hyperparameters come last: a person seldom changes them. */
const isOfTheSdk = (key: string): boolean => key.startsWith("sagemaker_");

export function KeyValues({
  shape,
  value,
  path,
  label,
}: {
  shape: Shape;
  value: Document;
  path: Path;
  label: string;
}) {
  const { errors, onChange } = useForm();
  const [key, setKey] = useState("");
  const of = shape.Of ?? { Type: "string" };
  const keys = Object.keys(value);
  const ordered = [...keys.filter((each) => !isOfTheSdk(each)), ...keys.filter(isOfTheSdk)];
  const add = (): void => {
    if (key === "" || key in value) return;
    onChange([...path, key], blank(of));
    setKey("");
  };
  return (
    <>
      {ordered.map((each) => {
        const text = value[each];
        const here = [...path, each];
        if (of.Members !== undefined || of.Of !== undefined || typeof text !== "string") {
          return <Value key={each} shape={of} value={text} path={here} label={each} />;
        }
        const told = errorsAt(errors, here);
        return (
          <div key={each} className="form-row">
            <span className="form-key mono">{each}</span>
            <div className="form-value">
              <input
                className="field mono"
                aria-label={`Value of ${each}`}
                aria-invalid={told.length > 0 || undefined}
                value={plain(text)}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => onChange(here, spelledLike(text, event.target.value))}
              />
              <button type="button" className="icon-button" title={`Remove ${each}`} onClick={() => onChange(here, undefined)}>
                <span aria-hidden="true">×</span>
                <span className="hidden-text">Remove {each}</span>
              </button>
              {told.length > 0 && (
                <p className="form-error" role="alert">
                  {told.join("; ")}
                </p>
              )}
            </div>
          </div>
        );
      })}
      <div className="form-row">
        <input
          className="field mono"
          aria-label={`Name of a new one of ${label}`}
          placeholder="Name"
          value={key}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setKey(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <div className="form-value">
          <button type="button" className="button small" disabled={key === "" || key in value} onClick={add}>
            Add to {label}
          </button>
        </div>
      </div>
    </>
  );
}
