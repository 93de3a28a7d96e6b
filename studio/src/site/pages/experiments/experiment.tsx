// An experiment: the tree of its trials, and the list of its trial components beside it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { experiment as experimentQuery } from "../../api/rows";
import { Ago } from "../../components/ago";
import { Copyable } from "../../components/copy";
import { Trouble } from "../../components/trouble";
import type { ComponentListAddress } from "../../lib/component-list-address";
import { ComponentList } from "./component-list";
import { EditExperiment, NewTrial, RenameTrial } from "./experiment-dialogs";
import { RemoveExperiment, RemoveTrial } from "./experiment-removals";
import { ExperimentTree } from "./tree";

type Asked =
  | { type: "edit" | "remove" | "new-trial" }
  | { type: "rename-trial"; name: string; displayName: string }
  | { type: "remove-trial"; name: string };

export function ExperimentPage() {
  const { name } = useParams({ strict: false }) as { name: string };
  const address: ComponentListAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const [isGoing, setIsGoing] = useState(false);
  // What is being deleted is not asked for: its end is a change, too.
  const found = useQuery({ ...experimentQuery(name), enabled: !isGoing });
  const title = found.data?.DisplayName ?? name;
  useEffect(() => {
    document.title = `${title} · Clary Studio`;
  }, [title]);
  if (found.error) return <Trouble error={found.error} what={`the experiment ${name}`} />;
  const close = (): void => setAsked(undefined);
  const onTrial = (trial: string | undefined): void =>
    void navigate({
      to: "/experiments/$name",
      params: { name },
      search: (before: ComponentListAddress) => ({ ...before, trial, pick: undefined }),
    });
  // A name in other letters is the same experiment, but Search compares names exactly.
  const exact = found.data?.ExperimentName;
  return (
    <div className="stack tight">
      <header className="stack tight">
        <nav aria-label="Where this is">
          <Link to="/experiments">Experiments</Link>
        </nav>
        <div className="row spread">
          <h1 className="job-name">{title}</h1>
          <div className="row">
            <Link to="/experiments/$name/charts" params={{ name }} className="button">
              Charts
            </Link>
            <button type="button" className="button" onClick={() => setAsked({ type: "new-trial" })}>
              New trial
            </button>
            <button type="button" className="button" onClick={() => setAsked({ type: "edit" })}>
              Rename and describe
            </button>
            <button type="button" className="button danger" onClick={() => setAsked({ type: "remove" })}>
              Delete
            </button>
          </div>
        </div>
        {found.data && (
          <p className="row soft experiment-facts">
            <Copyable text={name} what="the name" />
            <span>
              created <Ago at={found.data.CreationTime ?? 0} />
            </span>
            <span>{found.data.Description}</span>
          </p>
        )}
      </header>
      {exact !== undefined && (
        <div className="with-tree">
          <aside aria-label="Trials">
            <ExperimentTree
              experiment={exact}
              trial={address.trial}
              onTrial={onTrial}
              onRename={(trial, displayName) => setAsked({ type: "rename-trial", name: trial, displayName })}
              onDelete={(trial) => setAsked({ type: "remove-trial", name: trial })}
            />
          </aside>
          <div className="stack tight">
            {address.trial !== undefined && (
              <p className="row">
                <span className="chip">
                  <span className="words">Trial {address.trial}</span>
                  <button
                    type="button"
                    className="away"
                    aria-label="Show the components of all trials"
                    onClick={() => onTrial(undefined)}
                  >
                    ×
                  </button>
                </span>
              </p>
            )}
            <ComponentList scope={{ experiment: exact, trial: address.trial }} address={address} />
          </div>
        </div>
      )}
      {asked?.type === "new-trial" && <NewTrial experiment={name} onClose={close} />}
      {asked?.type === "edit" && found.data && (
        <EditExperiment
          name={name}
          displayName={found.data.DisplayName ?? ""}
          description={found.data.Description ?? ""}
          onClose={close}
        />
      )}
      {asked?.type === "remove" && (
        <RemoveExperiment
          name={name}
          onDeleting={setIsGoing}
          onClose={close}
          onDone={() => {
            client.removeQueries({ queryKey: ["experiment", name] });
            void navigate({ to: "/experiments" });
          }}
        />
      )}
      {asked?.type === "rename-trial" && (
        <RenameTrial name={asked.name} displayName={asked.displayName} onClose={close} />
      )}
      {asked?.type === "remove-trial" && (
        <RemoveTrial
          name={asked.name}
          onClose={close}
          onDone={() => {
            close();
            if (address.trial === asked.name) onTrial(undefined);
          }}
        />
      )}
    </div>
  );
}
