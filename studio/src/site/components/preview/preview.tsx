// What an object holds, as far as a page can show it: bounded in bytes, and nothing of it runs.
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { bytes } from "../../lib/format";
import { kindOf, looksBinary, type PreviewKind } from "../../lib/s3/kinds";
import { head, type Source } from "../../lib/s3/source";
import { loadedLater } from "../loaded-later";
import { PreviewTrouble } from "./trouble";

const TextPreview = loadedLater(() => import("./text"));
const ImagePreview = loadedLater(() => import("./image"));
const CsvPreview = loadedLater(() => import("./csv"));
const JsonPreview = loadedLater(() => import("./json"));
const JsonLinesPreview = loadedLater(() => import("./json-lines"));
const ParquetPreview = loadedLater(() => import("./parquet"));
const NotebookPreview = loadedLater(() => import("./notebook"));
const ArrayPreview = loadedLater(() => import("./npy"));
const TarPreview = loadedLater(() => import("./tar"));
const ZipPreview = loadedLater(() => import("./zip"));

const LOADING = <p className="soft preview-note">Loading …</p>;

export interface PreviewProps {
  source: Source;
  /** Of what is shown, for the cache: another object has another. */
  id: string;
  /** The file of an archive that is open, and how another is opened. */
  entry?: string | undefined;
  onEntry?: ((name: string | undefined) => void) | undefined;
}

const VIEWS: Record<Exclude<PreviewKind, "none">, (props: PreviewProps) => ReactNode> = {
  csv: (props) => <CsvPreview {...props} placeholder={LOADING} />,
  image: (props) => <ImagePreview {...props} placeholder={LOADING} />,
  json: (props) => <JsonPreview {...props} placeholder={LOADING} />,
  "json-lines": (props) => <JsonLinesPreview {...props} placeholder={LOADING} />,
  notebook: (props) => <NotebookPreview {...props} placeholder={LOADING} />,
  npy: (props) => <ArrayPreview {...props} placeholder={LOADING} />,
  parquet: (props) => <ParquetPreview {...props} placeholder={LOADING} />,
  tar: (props) => <TarPreview {...props} placeholder={LOADING} />,
  text: (props) => <TextPreview {...props} placeholder={LOADING} />,
  zip: (props) => <ZipPreview {...props} placeholder={LOADING} />,
};

const RAW: PreviewKind[] = ["csv", "json", "json-lines", "notebook"];

export function Preview(props: PreviewProps) {
  const { source, id } = props;
  const kind = kindOf(source.name, source.contentType);
  const [isRaw, setIsRaw] = useState(false);
  const shown = isRaw ? "text" : kind;
  if (source.size === 0) return <p className="soft preview-note">This object is empty.</p>;
  if (kind === "none") return <NoPreview source={source} />;
  const view = VIEWS[shown as Exclude<PreviewKind, "none">](props);
  return (
    <div className="preview">
      {RAW.includes(kind) && (
        <div className="row preview-tools">
          <button type="button" className="button small" aria-pressed={isRaw} onClick={() => setIsRaw(!isRaw)}>
            {isRaw ? "Show as a table or tree" : "Show as text"}
          </button>
        </div>
      )}
      {shown === "text" ? (
        <IfText source={source} id={id}>
          {view}
        </IfText>
      ) : (
        view
      )}
    </div>
  );
}

/** What has the name of a text, or no known name, is looked at first. */
function IfText({ source, id, children }: { source: Source; id: string; children: ReactNode }) {
  const start = useQuery({
    queryKey: ["s3", "start", id],
    queryFn: ({ signal }) => head(source, 4_096, signal),
  });
  if (start.error) return <PreviewTrouble error={start.error} />;
  if (start.data === undefined) return <p className="soft preview-note">Loading …</p>;
  return looksBinary(start.data) ? <NoPreview source={source} /> : children;
}

function NoPreview({ source }: { source: Source }) {
  return (
    <p className="soft preview-note">
      This is no text and no kind of file that can be shown here ({bytes(source.size)}). Download it to open it
      with a program of yours.
    </p>
  );
}
