// What an object holds, as far as a page can show it: bounded in bytes, and nothing of it runs.
import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { bytes } from "../../lib/format";
import { kindOf, looksBinary, type PreviewKind } from "../../lib/s3/kinds";
import { head, type Source } from "../../lib/s3/source";
import { PreviewTrouble } from "./trouble";

const TextPreview = lazy(() => import("./text"));
const ImagePreview = lazy(() => import("./image"));
const CsvPreview = lazy(() => import("./csv"));
const JsonPreview = lazy(() => import("./json"));
const JsonLinesPreview = lazy(() => import("./json-lines"));
const ParquetPreview = lazy(() => import("./parquet"));
const NotebookPreview = lazy(() => import("./notebook"));
const ArrayPreview = lazy(() => import("./npy"));
const TarPreview = lazy(() => import("./tar"));
const ZipPreview = lazy(() => import("./zip"));

export interface PreviewProps {
  source: Source;
  /** Of what is shown, for the cache: another object has another. */
  id: string;
  /** The file of an archive that is open, and how another is opened. */
  entry?: string | undefined;
  onEntry?: ((name: string | undefined) => void) | undefined;
}

const VIEWS: Record<Exclude<PreviewKind, "none">, (props: PreviewProps) => ReactNode> = {
  csv: (props) => <CsvPreview {...props} />,
  image: (props) => <ImagePreview {...props} />,
  json: (props) => <JsonPreview {...props} />,
  "json-lines": (props) => <JsonLinesPreview {...props} />,
  notebook: (props) => <NotebookPreview {...props} />,
  npy: (props) => <ArrayPreview {...props} />,
  parquet: (props) => <ParquetPreview {...props} />,
  tar: (props) => <TarPreview {...props} />,
  text: (props) => <TextPreview {...props} />,
  zip: (props) => <ZipPreview {...props} />,
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
      <Suspense fallback={<p className="soft preview-note">Loading …</p>}>
        {shown === "text" ? (
          <IfText source={source} id={id}>
            {view}
          </IfText>
        ) : (
          view
        )}
      </Suspense>
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
