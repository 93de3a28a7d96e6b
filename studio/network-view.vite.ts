// Builds the drawing code into one file, which the Python package carries for notebooks and saved pages.
import { defineConfig } from "vite";

export default defineConfig({
  logLevel: "warn",
  // public/ belongs to Studio's page.
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "../src/clary/debugger/plot/drawing",
    emptyOutDir: false,
    sourcemap: false,
    rolldownOptions: { output: { minify: true, comments: { legal: true } } },
    lib: { entry: "src/entries/network-view.ts", formats: ["es"], fileName: () => "network-view.js" },
  },
});
