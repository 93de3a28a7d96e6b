// The lineage of anything: an ARN or a location leads into it.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useState } from "react";
import { lineage } from "../api/lineage";
import { Copyable } from "../components/copy";
import { EntityLink } from "../components/entity-link";
import { Lineage } from "../components/lineage/lineage";
import { type LineageAddress, USUAL_DEPTH } from "../lib/lineage-address";
import { titleOf } from "../lib/lineage";
import { typeWords } from "../lib/vertex-kinds";

export default function LineagePage() {
  const address: LineageAddress = useSearch({ from: "/signed-in/lineage" });
  const navigate = useNavigate();
  const { from } = address;
  const onChange = useCallback(
    (changes: LineageAddress) =>
      void navigate({ to: "/lineage", search: (before) => ({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  // Another start is another view: the way back leads to this one.
  const onStart = useCallback(
    (arn: string) => void navigate({ to: "/lineage", search: { from: arn } }),
    [navigate],
  );
  useEffect(() => {
    document.title = "Lineage · Clary Studio";
  }, []);
  return (
    <div className="stack">
      <header className="stack tight">
        <h1>Lineage</h1>
        <StartField key={from} from={from ?? ""} onStart={onStart} />
      </header>
      {from === undefined ? (
        <NoStart />
      ) : (
        <>
          <Start from={from} address={address} />
          <Lineage key={from} from={from} address={address} onChange={onChange} onStart={onStart} />
        </>
      )}
    </div>
  );
}

function StartField({ from, onStart }: { from: string; onStart: (start: string) => void }) {
  const [text, setText] = useState(from);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") onStart(text.trim());
  };
  return (
    <form className="toolbar" onSubmit={onSubmit}>
      <input
        type="search"
        className="field start-field"
        aria-label="Where it starts: an ARN, or a location in S3"
        placeholder="An ARN, or s3://bucket/model.tar.gz"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" className="button">
        Show
      </button>
    </form>
  );
}

function Start({ from, address }: { from: string; address: LineageAddress }) {
  const asked = useQuery(lineage(from, address.direction, address.depth ?? USUAL_DEPTH));
  const start = asked.data?.Vertices.find(({ Arn }) => Arn === asked.data.Starts[0]);
  if (start === undefined) return null;
  return (
    <p className="lineage-start">
      {typeWords(start.Type)}{" "}
      <EntityLink arn={start.Arn}>
        <strong>{titleOf(start)}</strong>
      </EntityLink>
      {start.Uri && <Copyable text={start.Uri} what="the location" />}
    </p>
  );
}

function NoStart() {
  return (
    <div className="card empty">
      <h2>What was made from what</h2>
      <p className="soft">
        From a model back to its data, script and preprocessing; from data forward to the models. Give an ARN or a
        location above, or begin at one of these:
      </p>
      <div className="row">
        <Link to="/artifacts" search={{ type: "Model" }} className="button">
          Models
        </Link>
        <Link to="/artifacts" search={{ type: "DataSet" }} className="button">
          Data
        </Link>
        <Link to="/artifacts" className="button">
          All artifacts
        </Link>
        <Link to="/actions" className="button">
          Actions
        </Link>
        <Link to="/contexts" className="button">
          Contexts
        </Link>
      </div>
    </div>
  );
}
