// The charts of an experiment.
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { ChartBoard } from "../components/charts/board";

export default function ExperimentCharts() {
  const { name } = useParams({ from: "/signed-in/experiments/$name/charts" });
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
      <ChartBoard key={name} experiment={name} />
    </div>
  );
}
