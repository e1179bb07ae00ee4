/**
 * Unpacks headless Chromium for the browser tests and writes `browser.sh`, which starts it with the
 * libraries it needs. This is a step of its own so that the process that may start programs may not
 * write them. Linux on x86-64 only.
 *
 * @module
 */

import { join } from "node:path";
import {
  CACHE_DIR,
  findChromiumPackage,
  unpackFile,
  unpackOnce,
  unpackTar,
} from "../../headless/unpack.ts";

const { archiveDir, version } = findChromiumPackage();
const dir = join(CACHE_DIR, `chromium-${version}`);
unpackOnce(dir, (aside) => {
  unpackFile(join(archiveDir, "chromium.br"), join(aside, "chromium"));
  unpackTar(join(archiveDir, "al2023.tar.br"), aside);
  // Chromium looks for SwiftShader beside its own binary.
  unpackTar(join(archiveDir, "swiftshader.tar.br"), aside);
});

// A fixed name for a versioned folder: Deno's --allow-run names the program in advance. The script
// sets LD_LIBRARY_PATH, which Deno passes on only to those who may run everything.
const aside = join(CACHE_DIR, `browser.sh.${crypto.randomUUID()}`);
const script = `#!/bin/sh
LD_LIBRARY_PATH='${dir}/lib' exec '${dir}/chromium' "$@"
`;
Deno.writeTextFileSync(aside, script, { mode: 0o755 });
Deno.renameSync(aside, join(CACHE_DIR, "browser.sh"));
