// Builds Studio's page into the Python package. The same sources give the same bytes: a test compares them.
import { appendFileSync, readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Vite names the licences of the page's own chunks only. */
const IN_WORKERS = ["hyparquet", "fzstd"];

function licencesOfWorkers(): Plugin {
  return {
    name: "licences-of-workers",
    writeBundle({ dir }) {
      for (const name of IN_WORKERS) {
        const folder = new URL(`node_modules/${name}/`, import.meta.url);
        const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
        const text = readFileSync(new URL("LICENSE", folder), "utf8");
        appendFileSync(`${dir}/licenses.md`, `\n## ${name} - ${version} (${license})\n\n${text}`);
      }
    },
  };
}

/** The first paint waits for the style, which a browser asks for in the order of the document: before all code. */
function styleFirst(): Plugin {
  return {
    name: "style-first",
    transformIndexHtml: {
      order: "post",
      handler: (html) => {
        const styles = html.match(/\s*<link rel="stylesheet"[^>]*>/g) ?? [];
        const rest = styles.reduce((text, style) => text.replace(style, ""), html);
        return rest.replace(/\s*<script type="module"/, (code) => styles.join("") + code);
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), licencesOfWorkers(), styleFirst()],
  base: "/studio/",
  logLevel: "warn",
  build: {
    target: "es2022",
    outDir: "../src/clary/server/studio/site",
    emptyOutDir: true,
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    license: { fileName: "licenses.md" },
  },
  worker: { format: "es" },
  server: { proxy: { "/studio/api": "http://127.0.0.1:8000" } },
});
