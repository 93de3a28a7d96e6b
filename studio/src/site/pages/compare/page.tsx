// Runs side by side, and their charts.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useId, useState } from "react";
import { comparison, namedRuns } from "../../api/comparison";
import { ChartBoard } from "../../components/charts/board";
import { loadChartCode } from "../../components/charts/chart-code";
import { Trouble } from "../../components/trouble";
import { type CompareAddress, comparedNames, STATISTICS } from "../../lib/compare";
import { SideBySide } from "./side-by-side";
import "../../style/compare.css";

const TABS = [
  { tab: undefined, title: "Side by side" },
  { tab: "charts", title: "Charts" },
] as const;

const STATISTIC_TITLES = { Last: "last", Min: "least", Max: "greatest", Avg: "mean" };

export default function Compare() {
  const address: CompareAddress = useSearch({ strict: false });
  const navigate = useNavigate();
  const names = comparedNames(address);
  const statistic = address.statistic ?? "Last";
  const asked = useQuery(comparison(names, statistic));
  useEffect(() => {
    document.title = "Compare · Clary Studio";
  }, []);
  const isRead = asked.data !== undefined;
  useEffect(() => (isRead ? loadChartCode() : undefined), [isRead]);
  const change = (changes: CompareAddress): void =>
    void navigate({ to: "/compare", search: { ...address, ...changes }, replace: true });
  const withNames = (components: string[]): void => change({ components, jobs: undefined });
  const found = asked.data;
  const shown = found?.rows.filter((row) => !address.differences || row.isDifferent) ?? [];
  return (
    <div className="stack tight">
      <header className="stack tight">
        <nav aria-label="Where this is">
          {address.experiment ? (
            <Link to="/experiments/$name" params={{ name: address.experiment }}>
              {address.experiment}
            </Link>
          ) : (
            <Link to="/components">Trial components</Link>
          )}
        </nav>
        <h1>{names.length === 0 ? "Compare runs" : `Compare ${names.length} run${names.length === 1 ? "" : "s"}`}</h1>
        {names.length > 0 && (
          <nav className="tabs" aria-label="Parts of the comparison">
            {TABS.map(({ tab, title }) => (
              <Link
                key={title}
                to="/compare"
                search={{ ...address, tab }}
                replace
                activeProps={{}}
                activeOptions={{ exact: true, includeSearch: true }}
                {...(address.tab === tab ? { "aria-current": "page" as const } : {})}
              >
                {title}
              </Link>
            ))}
          </nav>
        )}
      </header>
      {names.length === 0 ? (
        <div className="card empty">
          <h2>No run is chosen</h2>
          <p className="soft">
            Select runs in the list of an <Link to="/experiments">experiment</Link> or of all{" "}
            <Link to="/components">trial components</Link>, then choose Compare. Or add one by its name:
          </p>
          <AddRun onAdd={(name) => withNames([name])} />
        </div>
      ) : address.tab === "charts" ? (
        <ChartBoard
          key={`${address.experiment} ${names.join()}`}
          components={names}
          experiment={address.experiment}
          own={{ charts: address.charts, onChange: (charts) => change({ charts }) }}
          smoothing={address.smooth}
          onSmoothing={(smooth) => change({ smooth })}
        />
      ) : asked.error ? (
        <Trouble error={asked.error} what="the comparison" />
      ) : found === undefined ? (
        <p className="soft">Loading …</p>
      ) : (
        <>
          <div className="toolbar">
            <label className="row">
              <input
                type="checkbox"
                checked={address.differences ?? false}
                onChange={(event) => change({ differences: event.target.checked || undefined })}
              />
              Only differences
            </label>
            <label className="row">
              Metrics
              <select
                className="field"
                value={statistic}
                onChange={(event) => {
                  const wanted = STATISTICS.find((each) => each === event.target.value);
                  change({ statistic: wanted === "Last" ? undefined : wanted });
                }}
              >
                {STATISTICS.map((each) => (
                  <option key={each} value={each}>
                    {STATISTIC_TITLES[each]}
                  </option>
                ))}
              </select>
            </label>
            <label className="row">
              Baseline
              <select
                className="field baseline"
                value={address.baseline ?? ""}
                onChange={(event) => change({ baseline: event.target.value || undefined })}
              >
                <option value="">none</option>
                {found.runs.map((run) => (
                  <option key={run.name} value={run.name}>
                    {run.title}
                  </option>
                ))}
              </select>
            </label>
            <AddRun onAdd={(name) => withNames([...names, name])} />
            <span className="soft" role="status">
              {shown.length.toLocaleString("en")} row{shown.length === 1 ? "" : "s"}
            </span>
          </div>
          {found.missing.length > 0 && (
            <p className="soft">
              {found.missing.length === 1
                ? `There is no trial component ${found.missing[0]}.`
                : `${found.missing.length} of the runs do not exist: ${found.missing.slice(0, 5).join(", ")} …`}
            </p>
          )}
          <SideBySide
            runs={found.runs}
            rows={shown}
            baseline={address.baseline}
            closed={new Set(address.closed?.split(","))}
            onClosed={(closed) => change({ closed: [...closed].filter(Boolean).join(",") || undefined })}
            onBaseline={(baseline) => change({ baseline })}
            onRemove={(name) => withNames(names.filter((each) => each !== name))}
          />
        </>
      )}
    </div>
  );
}

function AddRun({ onAdd }: { onAdd: (name: string) => void }) {
  const id = useId();
  const [text, setText] = useState("");
  const found = useQuery(namedRuns(useDeferredValue(text.trim())));
  const add = (name: string): boolean => {
    if (!found.data?.includes(name)) return false;
    onAdd(name);
    setText("");
    return true;
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add(text.trim());
      }}
    >
      <input
        className="field"
        list={id}
        aria-label="Add a run"
        placeholder="Add a run by its name"
        value={text}
        onChange={(event) => {
          if (!add(event.target.value)) setText(event.target.value);
        }}
      />
      <datalist id={id}>
        {found.data?.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </form>
  );
}
