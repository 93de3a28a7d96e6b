// Files of a chart: its picture, its values.
import { tokenColour } from "../../lib/run-colour";

export interface LegendEntry {
  name: string;
  /** A colour that a canvas understands. */
  colour: string;
}

const MOST_LEGEND = 24;

/** Saves a canvas with a title and a legend on the ground of the theme. */
export function savePicture(canvas: HTMLCanvasElement, title: string, legend: LegendEntry[]): void {
  const scale = devicePixelRatio;
  const line = 18 * scale;
  const shown = legend.slice(0, MOST_LEGEND);
  const picture = document.createElement("canvas");
  picture.width = canvas.width + 2 * line;
  picture.height = canvas.height + (shown.length + 4) * line;
  const draw = picture.getContext("2d");
  if (draw === null) return;
  draw.fillStyle = tokenColour("--surface");
  draw.fillRect(0, 0, picture.width, picture.height);
  draw.fillStyle = tokenColour("--ink");
  draw.font = `600 ${14 * scale}px system-ui, sans-serif`;
  draw.fillText(title, line, 1.4 * line, picture.width - 2 * line);
  draw.drawImage(canvas, line, 2 * line);
  draw.font = `${12 * scale}px system-ui, sans-serif`;
  for (const [index, { name, colour }] of shown.entries()) {
    const top = canvas.height + (2.6 + index) * line;
    draw.fillStyle = colour;
    draw.fillRect(line, top - 4 * scale, 14 * scale, 3 * scale);
    draw.fillStyle = tokenColour("--ink-soft");
    draw.fillText(name, line + 20 * scale, top, picture.width - 3 * line);
  }
  if (legend.length > shown.length) {
    draw.fillText(`and ${legend.length - shown.length} more`, line, picture.height - 0.6 * line);
  }
  picture.toBlob((blob) => blob && saveBlob(blob, `${fileName(title)}.png`));
}

export function saveText(text: string, title: string, ending: string, type: string): void {
  saveBlob(new Blob([text], { type }), `${fileName(title)}.${ending}`);
}

function saveBlob(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function fileName(title: string): string {
  return title.replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 100) || "chart";
}
