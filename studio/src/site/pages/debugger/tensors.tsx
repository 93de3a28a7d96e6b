// The tensors of a job: the list at the left, the chosen one over its steps at the right.
import { useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Captured } from "../../api/debugger-operations";
import type { RuleFindings } from "../../api/job-parts";
import { type DebuggerAddress, MODES } from "../../lib/debugger-address";
import { TensorList } from "./tensor-list";
import { TensorView } from "./tensor-view";

export function Tensors({
  name,
  found,
  rules,
  isLive,
  address,
}: {
  name: string;
  found: Captured;
  rules: RuleFindings[];
  isLive: boolean;
  address: DebuggerAddress;
}) {
  const navigate = useNavigate({ from: "/debugger/training-job/$name" });
  const change = useCallback(
    (changes: DebuggerAddress) =>
      void navigate({
        to: ".",
        search: (before) => ({ ...before, ...changes }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  return (
    <div className="tensors">
      <TensorList name={name} found={found} address={address} onChange={change} />
      <div className="stack tensor-side">
        {address.tensor === undefined ? (
          <div className="card empty">
            <h2>Choose a tensor</h2>
            <p className="soft">
              Its statistics, the distribution of its values and the values themselves are drawn over the steps. With
              “Compare” a second one is drawn beside it.
            </p>
          </div>
        ) : (
          <>
            <Choice found={found} address={address} onChange={change} />
            <TensorView name={name} rules={rules} isLive={isLive} address={address} onChange={change} />
          </>
        )}
      </div>
    </div>
  );
}

/** Mode and worker, where there is a choice. */
export function Choice({
  found,
  address,
  onChange,
}: {
  found: Captured;
  address: DebuggerAddress;
  onChange: (changes: DebuggerAddress) => void;
}) {
  if (found.Modes.length < 2 && found.Workers.length < 2) return null;
  return (
    <div className="toolbar">
      {found.Modes.length > 1 && (
        <select
          className="field"
          aria-label="Mode"
          value={address.mode ?? ""}
          onChange={(event) => onChange({ mode: MODES.find((each) => each === event.target.value), step: undefined })}
        >
          <option value="">Every mode</option>
          {found.Modes.map(({ Mode: mode }) => (
            <option key={mode}>{mode}</option>
          ))}
        </select>
      )}
      {found.Workers.length > 1 && (
        <select
          className="field"
          aria-label="Worker"
          value={address.worker ?? ""}
          onChange={(event) => onChange({ worker: event.target.value || undefined })}
        >
          <option value="">The first worker</option>
          {found.Workers.map(({ Worker: worker }) => (
            <option key={worker}>{worker}</option>
          ))}
        </select>
      )}
    </div>
  );
}
