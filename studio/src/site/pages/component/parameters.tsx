// What a component was given: its own parameters, and those that the SDK and the platform add.
import { useCallback } from "react";
import type { TrialComponent } from "../../api/tracking-operations";
import { Copyable, CopyButton } from "../../components/copy";
import { Card } from "../../components/facts";
import { type Parameter, parametersOf } from "../../lib/component";
import type { ComponentAddress } from "../../lib/component-address";
import { FilterField, matches } from "./filter";

export function ComponentParameters({
  component,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const { own, others } = parametersOf(component);
  const onFilter = useCallback((filter: string | undefined) => onChange({ filter }), [onChange]);
  if (own.length + others.length === 0) {
    return (
      <div className="card empty">
        <h2>It has no parameters</h2>
        <p className="soft">
          A job has its hyperparameters here. <code>run.log_parameter(name, value)</code> and{" "}
          <code>tracker.log_parameters(…)</code> add more.
        </p>
      </div>
    );
  }
  const wanted = ({ name }: Parameter): boolean => matches(name, address.filter);
  const asJson = JSON.stringify(Object.fromEntries([...own, ...others].map(({ name, text, isNumber }) => [name, isNumber ? Number(text) : text])), null, 2);
  return (
    <div className="stack">
      <div className="toolbar">
        <FilterField value={address.filter} label="Filter parameters by name" onChange={onFilter} />
        <CopyButton text={asJson} label="Copy as JSON" />
      </div>
      <Parameters title="Given" parameters={own.filter(wanted)} isFiltered={address.filter !== undefined} />
      {others.length > 0 && (
        <Parameters
          title="Added by the SDK and the platform"
          parameters={others.filter(wanted)}
          isFiltered={address.filter !== undefined}
        />
      )}
    </div>
  );
}

function Parameters({ title, parameters, isFiltered }: { title: string; parameters: Parameter[]; isFiltered: boolean }) {
  return (
    <Card title={title}>
      {parameters.length === 0 ? (
        <p className="soft">{isFiltered ? "No name has this." : "None."}</p>
      ) : (
        <table className="plain-table parameters">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, text, isNumber }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td className={isNumber ? "mono" : ""}>
                  {text === "" ? <span className="soft">(empty)</span> : <Copyable text={text} what={name} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
