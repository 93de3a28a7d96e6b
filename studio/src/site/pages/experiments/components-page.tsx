// All trial components, or those of no trial.
import { useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { Link } from "@tanstack/react-router";
import type { ComponentListAddress } from "../../lib/component-list-address";
import { ComponentList } from "./component-list";

export function ComponentsPage() {
  const address: ComponentListAddress = useSearch({ strict: false });
  const title = address.unassigned ? "Unassigned trial components" : "Trial components";
  useEffect(() => {
    document.title = `${title} · Clary Studio`;
  }, [title]);
  return (
    <div className="stack tight">
      <header className="row spread">
        <h1>{title}</h1>
        <nav className="tabs" aria-label="Which components">
          <Tab address={{}} isHere={!address.unassigned && address.trial === undefined} title="All" />
          <Tab address={{ unassigned: true }} isHere={address.unassigned === true} title="Unassigned" />
          {address.trial !== undefined && (
            <Tab address={{ trial: address.trial }} isHere title={`Trial ${address.trial}`} />
          )}
        </nav>
      </header>
      <ComponentList scope={{ trial: address.trial, isUnassigned: address.unassigned }} address={address} />
    </div>
  );
}

function Tab({ address, isHere, title }: { address: ComponentListAddress; isHere: boolean; title: string }) {
  return (
    <Link to="/components" search={address} activeProps={{}} {...(isHere && { "aria-current": "page" as const })}>
      {title}
    </Link>
  );
}
