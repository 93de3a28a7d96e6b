// The charts of an experiment.
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { ChartBoard } from "../components/charts/board";

export default function ExperimentCharts() {
  const { name } = useParams({ from: "/signed-in/experiments/$name/charts" });
  useEffect(() => {
    document.title = `Charts of ${name} · Clary Studio`;
  }, [name]);
  return (
    <div className="stack">
      <h1 className="job-name">Charts of {name}</h1>
      <ChartBoard key={name} experiment={name} />
    </div>
  );
}
