/**
 * Vite's settings: the product's page in `web/`, and with `--mode gpu-tests` the page that runs the
 * GPU tests in a browser.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** Cross-origin isolation: without these two headers a page gets no SharedArrayBuffer. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig(({ mode }) => {
  const testing = mode === "gpu-tests";
  return {
    root: path(testing ? "test/browser" : "web"),
    plugins: [wgslText()],
    // Else it looks for settings of PostCSS in the user's folders.
    css: { postcss: {} },
    worker: { format: "es", plugins: () => [wgslText()] },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    resolve: {
      alias: {
        "#test": path("test/harness/browser.ts"),
        "#gpu": path("test/harness/gpu_browser.ts"),
      },
    },
    server: { headers: ISOLATION, fs: { allow: [path(".")] } },
    preview: { headers: ISOLATION },
    build: {
      outDir: path(testing ? "dist/gpu-tests" : "dist/web"),
      emptyOutDir: true,
      target: "esnext",
      minify: !testing,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: inputs(testing) },
    },
  };
});

/** Makes `import source from "x.wgsl" with { type: "text" }` give the file's text, as in Deno. */
function wgslText(): Plugin {
  return {
    name: "wgsl-text",
    transform: {
      filter: { id: /\.wgsl$/ },
      handler: (source) => ({ code: `export default ${JSON.stringify(source)}`, map: null }),
    },
  };
}

function inputs(testing: boolean): string[] {
  return testing
    ? [path("test/browser/index.html")]
    : [path("web/index.html"), path("web/bench.html")];
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
