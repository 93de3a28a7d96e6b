// The charts of an experiment.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { ChartBoard } from "../components/charts/board";

export default function ExperimentCharts() {
  const { name } = useParams({ from: "/signed-in/experiments/$name/charts" });
  const { smooth } = useSearch({ from: "/signed-in/experiments/$name/charts" });
  const navigate = useNavigate({ from: "/experiments/$name/charts" });
  useEffect(() => {
    document.title = `Charts of ${name} · Clary Studio`;
  }, [name]);
  return (
    <div className="stack">
      <header className="stack tight">
        <nav aria-label="Where this is">
          <Link to="/experiments">Experiments</Link> /{" "}
          <Link to="/experiments/$name" params={{ name }}>
            {name}
          </Link>
        </nav>
        <h1 className="job-name">Charts of {name}</h1>
      </header>
      <ChartBoard
        key={name}
        experiment={name}
        smoothing={smooth}
        onSmoothing={(weight) => void navigate({ to: ".", search: { smooth: weight }, replace: true, resetScroll: false })}
      />
    </div>
  );
}
