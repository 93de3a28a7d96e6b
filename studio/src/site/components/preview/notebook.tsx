// A notebook as it was saved: its texts, its code and what that printed. Nothing of it runs.
import { useQuery } from "@tanstack/react-query";
import MarkdownIt from "markdown-it";
import { Fragment } from "react";
import { pieces } from "../../lib/ansi";
import { type Cell, type CellOutput, readNotebook } from "../../lib/s3/notebook";
import { head } from "../../lib/s3/source";
import { SafeHtml } from "../safe-html";
import type { PreviewProps } from "./preview";
import TextPreview from "./text";
import { PreviewTrouble } from "./trouble";

const MOST_BYTES = 24 << 20;
const markdown = new MarkdownIt({ html: false, linkify: false });

export default function NotebookPreview(props: PreviewProps) {
  const { source, id } = props;
  const isLarge = source.size > MOST_BYTES;
  const asked = useQuery({
    queryKey: ["s3", "notebook", id],
    enabled: !isLarge,
    queryFn: async ({ signal }) => readNotebook(new TextDecoder().decode(await head(source, MOST_BYTES, signal))),
  });
  if (isLarge) return <TextPreview {...props} />;
  if (asked.error) return <PreviewTrouble error={asked.error} />;
  if (asked.data === undefined) return <p className="soft preview-note">Loading …</p>;
  const { cells, isCut } = asked.data;
  return (
    <div className="notebook" role="group" aria-label="Notebook" tabIndex={0}>
      {cells.map((cell, index) => (
        <CellView key={index} cell={cell} />
      ))}
      {isCut && <p className="soft">The first {cells.length} cells are shown.</p>}
      {cells.length === 0 && <p className="soft">This notebook has no cells.</p>}
    </div>
  );
}

function CellView({ cell }: { cell: Cell }) {
  if (cell.kind === "markdown") return <SafeHtml className="prose" html={markdown.render(cell.source)} />;
  return (
    <div className="cell">
      <span className="cell-count mono soft">{cell.kind === "code" ? `[${cell.count ?? " "}]` : ""}</span>
      <div className="cell-body">
        <pre className="code">{cell.source}</pre>
        {cell.outputs.map((output, index) => (
          <OutputView key={index} output={output} />
        ))}
      </div>
    </div>
  );
}

function OutputView({ output }: { output: CellOutput }) {
  switch (output.kind) {
    case "image":
      return <img src={`data:${output.type};base64,${output.base64}`} alt="What this cell has drawn" />;
    case "svg":
      return <img src={`data:image/svg+xml,${encodeURIComponent(output.text)}`} alt="What this cell has drawn" />;
    case "html":
      return <SafeHtml html={output.html} />;
    case "text":
      return (
        <pre className={`output${output.isError ? " output-error" : ""}`}>
          <Coloured text={output.text} />
        </pre>
      );
  }
}

/** As a terminal shows it. */
function Coloured({ text }: { text: string }) {
  return text.split("\n").map((line, index) => (
    <Fragment key={index}>
      {index > 0 && "\n"}
      {pieces(line).map(({ text: part, styles }, at) => (
        <span key={at} className={styles.join(" ")}>
          {part}
        </span>
      ))}
    </Fragment>
  ));
}
