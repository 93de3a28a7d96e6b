// A form of a request, made from its shape: every member can be changed, added and taken away.
import { createContext, type ReactNode, useContext, useId } from "react";
import type { PlacedError } from "../lib/placed-errors";
import { blank, isDocument, namingMember, type Path, type Shape } from "../lib/shape";
import { Scalar } from "./shape-field";
import { KeyValues } from "./shape-map";

export interface FormContext {
  errors: readonly PlacedError[];
  onChange: (path: Path, value: unknown) => void;
}

const Form = createContext<FormContext>({ errors: [], onChange: () => undefined });

export const ShapeForm = Form.Provider;
export const useForm = (): FormContext => useContext(Form);

/** The words of the server about a value itself, not about what is inside of it. */
export function errorsAt(errors: readonly PlacedError[], path: Path): string[] {
  const here = JSON.stringify(path);
  return errors.filter((each) => JSON.stringify(each.path) === here).map((each) => each.text);
}

/** Any value of a request. label: what it is called; required: it can't be taken away. */
export function Value({
  shape,
  value,
  path,
  label,
  required = false,
}: {
  shape: Shape;
  value: unknown;
  path: Path;
  label: string;
  required?: boolean;
}) {
  const { errors, onChange } = useForm();
  const id = useId();
  const told = errorsAt(errors, path);
  const remove = required ? undefined : (
    <button type="button" className="icon-button" title={`Remove ${label}`} onClick={() => onChange(path, undefined)}>
      <span aria-hidden="true">×</span>
      <span className="hidden-text">Remove {label}</span>
    </button>
  );
  if (shape.Members !== undefined || shape.Type === "list" || shape.Type === "map") {
    return (
      <fieldset className="form-group">
        <legend>
          {label} {remove}
        </legend>
        <Words id={`${id}-error`} told={told} />
        <Parts shape={shape} value={value} path={path} label={label} />
      </fieldset>
    );
  }
  return (
    <div className="form-row">
      <label htmlFor={id}>{label}</label>
      <div className="form-value">
        <Scalar
          id={id}
          shape={shape}
          value={value}
          isWrong={told.length > 0}
          describedBy={told.length > 0 ? `${id}-error` : undefined}
          onChange={(wanted) => onChange(path, wanted)}
        />
        {remove}
        <Words id={`${id}-error`} told={told} />
      </div>
    </div>
  );
}

function Words({ id, told }: { id: string; told: readonly string[] }): ReactNode {
  if (told.length === 0) return null;
  return (
    <p id={id} className="form-error" role="alert">
      {told.join("; ")}
    </p>
  );
}

/** The members of a structure, the elements of a list or the keys of a map. */
export function Parts({ shape, value, path, label }: { shape: Shape; value: unknown; path: Path; label: string }) {
  if (shape.Members !== undefined) return <Members shape={shape} value={value} path={path} />;
  if (shape.Type === "map") return <KeyValues shape={shape} value={isDocument(value) ? value : {}} path={path} label={label} />;
  return <Elements shape={shape} value={Array.isArray(value) ? value : []} path={path} label={label} />;
}

export function Members({
  shape,
  value,
  path,
  only,
}: {
  shape: Shape;
  value: unknown;
  path: Path;
  /** Of all members, these. */
  only?: readonly string[];
}) {
  const { onChange } = useForm();
  const document = isDocument(value) ? value : {};
  const members = Object.entries(shape.Members ?? {}).filter(([name]) => only === undefined || only.includes(name));
  const there = members.filter(([name]) => document[name] !== undefined);
  const absent = members.filter(([name]) => document[name] === undefined);
  return (
    <>
      {there.map(([name, member]) => (
        <Value
          key={name}
          shape={member}
          value={document[name]}
          path={[...path, name]}
          label={name}
          required={shape.Required?.includes(name) ?? false}
        />
      ))}
      {absent.length > 0 && (
        <select
          className="field small-field"
          aria-label={`Add to ${path.join(".") || "the request"}`}
          value=""
          onChange={(event) => {
            const added = shape.Members?.[event.target.value];
            if (added !== undefined) onChange([...path, event.target.value], blank(added));
          }}
        >
          <option value="">Add …</option>
          {absent.map(([name]) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
    </>
  );
}

function Elements({
  shape,
  value,
  path,
  label,
}: {
  shape: Shape;
  value: readonly unknown[];
  path: Path;
  label: string;
}) {
  const { onChange } = useForm();
  const of = shape.Of ?? { Type: "string" };
  const naming = namingMember(value);
  return (
    <>
      {value.map((each, index) => {
        const name = naming === undefined ? undefined : (each as Record<string, unknown>)[naming];
        return (
          // A list has no other key: its elements have no identity.
          <Value
            key={index}
            shape={of}
            value={each}
            path={[...path, index]}
            label={typeof name === "string" && name !== "" ? name : `${label} ${index + 1}`}
          />
        );
      })}
      <button type="button" className="button small" onClick={() => onChange([...path, value.length], blank(of))}>
        Add to {label}
      </button>
    </>
  );
}
