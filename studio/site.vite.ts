// Builds Studio's page into the Python package. The same sources give the same bytes: a test compares them.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
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
