// A trial component's page: what it was given, what it measured, what it made, and where all came from.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { component } from "../../api/components";
import type { TrialComponent } from "../../api/tracking-operations";
import { KINDS } from "../../lib/jobs";
import { isNotFound, lineage } from "../../api/lineage";
import { chainOf } from "../../lib/chain";
import { graphOf } from "../../lib/lineage";
import { Lineage } from "../../components/lineage/lineage";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { jobsOf, metricsOf, parametersOf } from "../../lib/component";
import { COMPONENT_TABS, type ComponentAddress } from "../../lib/component-address";
import { ComponentArtifacts } from "./artifacts";
import { ComponentCharts } from "./charts";
import { Findings } from "./findings";
import { ComponentMetrics } from "./metrics";
import { DisplayName } from "./display-name";
import { ComponentOverview } from "./overview";
import { ComponentParameters } from "./parameters";
import "../../style/component.css";

export default function ComponentPage() {
  const { name } = useParams({ from: "/signed-in/components/$name" });
  const address: ComponentAddress = useSearch({ from: "/signed-in/components/$name" });
  const navigate = useNavigate({ from: "/components/$name" });
  const asked = useQuery(component(name));
  const title = asked.data?.DisplayName ?? name;
  useEffect(() => {
    document.title = `${title} · Clary Studio`;
  }, [title]);
  const onChange = useCallback(
    (changes: ComponentAddress) =>
      void navigate({ to: ".", search: (before) => ({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  if (asked.error && isNotFound(asked.error)) return <Gone name={name} text={asked.error.message} />;
  if (asked.error) return <Trouble error={asked.error} what={`the trial component ${name}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const found = asked.data;
  return (
    <div className="stack">
      <Head component={found} address={address} />
      <Part component={found} address={address} onChange={onChange} />
    </div>
  );
}

function Part({
  component: found,
  address,
  onChange,
}: {
  component: TrialComponent;
  address: ComponentAddress;
  onChange: (changes: ComponentAddress) => void;
}) {
  const props = { component: found, address, onChange };
  switch (address.tab) {
    case "charts":
      return <ComponentCharts {...props} />;
    case "metrics":
      return <ComponentMetrics {...props} />;
    case "parameters":
      return <ComponentParameters {...props} />;
    case "artifacts":
      return <ComponentArtifacts {...props} />;
    case "debugger":
      return <Findings component={found} />;
    case "lineage":
      return <Lineage from={found.TrialComponentArn ?? ""} address={address} onChange={onChange} />;
    default:
      return <ComponentOverview component={found} />;
  }
}

const TITLES = {
  charts: "Charts",
  metrics: "Metrics",
  parameters: "Parameters",
  artifacts: "Artifacts",
  debugger: "Debugger",
  lineage: "Lineage",
} as const;

function Head({ component: found, address }: { component: TrialComponent; address: ComponentAddress }) {
  const { own, others } = parametersOf(found);
  const counts: Partial<Record<keyof typeof TITLES, number>> = {
    metrics: metricsOf(found).length,
    parameters: own.length + others.length,
  };
  const job = jobsOf(found).at(0);
  const status = found.Status?.PrimaryStatus;
  return (
    <header className="stack job-head">
      <nav aria-label="Where this is">
        <Link to="/components">Trial components</Link>
      </nav>
      <div className="row spread">
        <DisplayName component={found} />
        {job && (
          <div className="row">
            <Link className="button" to={`${KINDS[job.kind].path}/$name`} params={{ name: job.name }}>
              Open the job
            </Link>
            <Link className="button primary" to={`${KINDS[job.kind].path}/$name/again`} params={{ name: job.name }}>
              Make it again
            </Link>
            <AgainWhole arn={found.TrialComponentArn ?? ""} />
          </div>
        )}
      </div>
      {status && (
        <div className="row" role="status">
          <Status status={status} badge />
          {status === "Stopped" && <span className="soft">{found.Status?.Message}</span>}
        </div>
      )}
      <nav className="tabs" aria-label="Parts of the trial component">
        {[undefined, ...COMPONENT_TABS].map((tab) => (
          <Link
            key={tab ?? "overview"}
            to="."
            search={tab === undefined ? {} : { tab }}
            replace
            {...(address.tab === tab ? { "aria-current": "page" as const } : {})}
            activeProps={{}}
            activeOptions={{ exact: true, includeSearch: true }}
          >
            {tab === undefined ? "Overview" : TITLES[tab]}
            {tab !== undefined && (counts[tab] ?? 0) > 0 && <span className="count">{counts[tab]}</span>}
          </Link>
        ))}
      </nav>
    </header>
  );
}

/** Where other jobs led to this one: all of them again, in their order. */
function AgainWhole({ arn }: { arn: string }) {
  const asked = useQuery({ ...lineage(arn, "before", 10), enabled: arn !== "" });
  const graph = asked.data === undefined ? undefined : graphOf([asked.data]);
  const count = graph === undefined ? 0 : chainOf(graph).length;
  return (
    count > 1 && (
      <Link className="button" to="/again" search={{ from: arn }}>
        Make the {count} jobs again
      </Link>
    )
  );
}

function Gone({ name, text }: { name: string; text: string }) {
  return (
    <div className="card empty">
      <h1 className="job-name">{name}</h1>
      <p className="soft">{text}</p>
      <p className="soft">
        Each job makes its trial component when it starts. One that was deleted stays deleted, and its lineage with it.
      </p>
    </div>
  );
}
