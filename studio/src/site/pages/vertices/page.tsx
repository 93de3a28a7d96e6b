// The page of an artifact, an action or a context.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useRouteContext, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect } from "react";
import { isNotFound, type Sourced, sourced, type SourcedKind } from "../../api/lineage";
import { Copyable } from "../../components/copy";
import { Card, Facts } from "../../components/facts";
import { LineageCard } from "../../components/lineage/card";
import { Lineage } from "../../components/lineage/lineage";
import { LoggedContent } from "../../components/logged/logged";
import { ObjectContent } from "../../components/logged/object-content";
import { useNow } from "../../components/now";
import { PlaceLink } from "../../components/place-link";
import { Sign } from "../../components/lineage/sign";
import { Status } from "../../components/status";
import { Trouble } from "../../components/trouble";
import { arnOf, lastOf } from "../../lib/arns";
import { isShown } from "../../lib/component";
import { ago, instant } from "../../lib/format";
import { LOGGED_TYPES } from "../../lib/logged";
import type { SourcedAddress } from "../../lib/sourced-address";
import { artifactKind, typeWords } from "../../lib/vertex-kinds";
import { TagList } from "../job/facts";
import "../../style/component.css";

export function ArtifactPage() {
  const { arn } = useParams({ from: "/signed-in/artifacts/$arn" });
  const { session } = useRouteContext({ from: "/signed-in" });
  return <SourcedPage kind="artifact" name={arn.startsWith("arn:") ? arn : arnOf(`artifact/${arn}`, session)} />;
}

export function ActionPage() {
  const { name } = useParams({ from: "/signed-in/actions/$name" });
  return <SourcedPage kind="action" name={name} />;
}

export function ContextPage() {
  const { name } = useParams({ from: "/signed-in/contexts/$name" });
  return <SourcedPage kind="context" name={name} />;
}

const LISTS = {
  artifact: { to: "/artifacts", title: "Artifacts", one: "artifact" },
  action: { to: "/actions", title: "Actions", one: "action" },
  context: { to: "/contexts", title: "Contexts", one: "context" },
} as const;

function SourcedPage({ kind, name }: { kind: SourcedKind; name: string }) {
  const address: SourcedAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const asked = useQuery(sourced(kind, name));
  const { to, title, one } = LISTS[kind];
  const called = asked.data?.name || (asked.data ? lastOf(asked.data.uri) : lastOf(name));
  useEffect(() => {
    document.title = `${called} · Clary Studio`;
  }, [called]);
  const onChange = useCallback(
    (changes: SourcedAddress) =>
      // One page for three addresses: the router can't know whose members these are.
      void navigate({ to: ".", search: ((before: SourcedAddress) => ({ ...before, ...changes })) as never, replace: true }),
    [navigate],
  );
  if (asked.error && isNotFound(asked.error)) {
    return (
      <div className="card empty">
        <h1>There is no such {one}</h1>
        <p className="soft">{asked.error.message}</p>
        <Link className="button" to={to}>
          All {title.toLowerCase()}
        </Link>
      </div>
    );
  }
  if (asked.error) return <Trouble error={asked.error} what={`the ${one} ${called}`} />;
  if (asked.isPending) return <p className="soft">Loading …</p>;
  const found = asked.data;
  return (
    <div className="stack">
      <header className="stack job-head">
        <nav aria-label="Where this is">
          <Link to={to}>{title}</Link>
        </nav>
        <h1 className="job-name">{called}</h1>
        <div className="row">
          <span className="vertex-kind">
            <Sign kind={kind === "artifact" ? artifactKind(found.type) : kind} />
            {typeWords(found.type)}
          </span>
          {found.status && <Status status={found.status} badge />}
        </div>
        <nav className="tabs" aria-label={`Parts of the ${one}`}>
          {([undefined, "lineage"] as const).map((tab) => (
            <Link
              key={tab ?? "overview"}
              to="."
              search={tab === undefined ? {} : { tab }}
              replace
              {...(address.tab === tab ? { "aria-current": "page" as const } : {})}
              activeProps={{}}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              {tab === undefined ? "Overview" : "Lineage"}
            </Link>
          ))}
        </nav>
      </header>
      {address.tab === "lineage" ? (
        <Lineage from={found.arn} address={address} onChange={onChange} />
      ) : (
        <Overview found={found} />
      )}
    </div>
  );
}

function Overview({ found }: { found: Sourced }) {
  const now = useNow(60_000);
  const isLogged = (LOGGED_TYPES as readonly string[]).includes(found.type);
  const canShow = isLogged || isShown(found.uri, found.type);
  const properties = Object.entries(found.properties);
  return (
    <div className="cards">
      {canShow && (
        <Card title="Content" wide>
          {isLogged ? (
            <LoggedContent uri={found.uri} />
          ) : (
            <ObjectContent uri={found.uri} mediaType={found.type} />
          )}
        </Card>
      )}
      <LineageCard arn={found.arn} />
      {properties.length > 0 && (
        <Card title="Properties">
          <Facts facts={properties.map(([key, value]) => [key, value === "" ? <span className="soft">(empty)</span> : value])} />
        </Card>
      )}
      <Card title="Identity">
        <Facts
          facts={[
            ["Name", found.name],
            ["Description", found.description],
            ["Location", <PlaceLink key="uri" uri={found.uri} what="the location" />],
            ...found.sourceTypes.map((each): [string, React.ReactNode] => [
              each.SourceIdType ?? "Source",
              <Copyable key={each.SourceIdType} text={each.Value ?? ""} what={each.SourceIdType ?? "the value"} />,
            ]),
            ["ARN", <Copyable key="arn" text={found.arn} what="the ARN" />],
            ["Created", found.createdAt && `${instant(found.createdAt)} (${ago(found.createdAt, now)})`],
            ["Created by", found.createdBy ?? (found.kind === "artifact" ? "the platform, from what a job read or wrote" : "")],
            ["Changed", instant(found.changedAt)],
          ]}
        />
        <TagList arn={found.arn} />
      </Card>
    </div>
  );
}
