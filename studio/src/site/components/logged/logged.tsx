// What the SDK's `log_*` functions stored, drawn from its file.
import { useQuery } from "@tanstack/react-query";
import { logged } from "../../api/components";
import { ServerError } from "../../api/call";
import { number } from "../../lib/format";
import type { LoggedCurve } from "../../lib/logged";
import { typeWords } from "../../lib/vertex-kinds";
import { useTheme } from "../../theme";
import { EntityLink } from "../entity-link";
import { MatrixView } from "./matrix";
import { LoggedTableView } from "./table";
import { loadedLater } from "../loaded-later";
import "../../style/logged.css";

const CurveChart = loadedLater(() => import("./curve-chart"));

export interface LoggedArtifact {
  arn: string;
  name: string;
  type: string;
  uri: string;
}

/** A card with one of them. */
export function LoggedCard({ artifact }: { artifact: LoggedArtifact }) {
  const isWide = artifact.type === "Table";
  return (
    <section className={`card${isWide ? " wide" : ""}`} aria-label={`${typeWords(artifact.type)} ${artifact.name}`}>
      <header>
        <h2>
          <EntityLink arn={artifact.arn}>{artifact.name || typeWords(artifact.type)}</EntityLink>
        </h2>
        <span className="soft">{typeWords(artifact.type)}</span>
      </header>
      <LoggedContent uri={artifact.uri} />
    </section>
  );
}

export function LoggedContent({ uri }: { uri: string }) {
  const asked = useQuery(logged(uri));
  if (asked.error) return <NotShown error={asked.error} uri={uri} />;
  if (asked.isPending) return <div className="logged-space" aria-busy="true" />;
  switch (asked.data.kind) {
    case "table":
      return <LoggedTableView table={asked.data} />;
    case "matrix":
      return <MatrixView matrix={asked.data} />;
    default:
      return <CurveView curve={asked.data} />;
  }
}

const WORDS = {
  roc: { x: "False positive rate", y: "True positive rate", score: "Area under the curve" },
  "precision-recall": { x: "Recall", y: "Precision", score: "Average precision" },
} as const;

function CurveView({ curve }: { curve: LoggedCurve }) {
  const theme = useTheme();
  const words = WORDS[curve.kind];
  return (
    <figure className="logged-curve">
      <CurveChart
        placeholder={<div className="logged-space" />}
        curve={curve}
        theme={theme}
        xLabel={words.x}
        yLabel={words.y}
      />
      <figcaption>
        {curve.score !== undefined && (
          <>
            {words.score} <strong className="mono">{number(curve.score)}</strong>
          </>
        )}
        <span className="soft">
          {" "}
          {curve.x.length.toLocaleString("en")} points
          {curve.noSkill !== undefined && `, ${number(curve.noSkill)} without skill`}
        </span>
      </figcaption>
    </figure>
  );
}

/** Why a content can't be shown, and where it is looked for. */
export function NotShown({ error, uri }: { error: Error; uri: string }) {
  const isGone = error instanceof ServerError && /NoSuch|NotFound|404/.test(error.code);
  const isDenied = error instanceof ServerError && error.isDenied;
  return (
    <div className="not-shown" role="note">
      <p>
        {isGone ? "It does not lie there any more." : isDenied ? `You may not read it: ${error.message}` : error.message}
      </p>
      <p className="soft mono">{uri}</p>
    </div>
  );
}
