/**
 * The web server of the browser tests: the bundled page and the golden files, on this machine only.
 *
 * @module
 */

const MIME_TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/**
 * Serves the test page on a free port until it is disposed of. Its answers make the page
 * cross-origin isolated, as the product's page is.
 */
export function serveTests(): { url: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const root = path.startsWith("/test/golden/") ? "../.." : "../../dist/gpu-tests";
  const file = path === "/" ? "/index.html" : path;
  const headers = {
    "Content-Type": MIME_TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  };
  try {
    return new Response(await Deno.readFile(new URL(root + file, import.meta.url)), { headers });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response("not found", { status: 404 });
  }
}
