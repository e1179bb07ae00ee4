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
const fontsDir = join(CACHE_DIR, `chromium-fonts-${version}`);
unpackOnce(fontsDir, (aside) => unpackTar(join(archiveDir, "fonts.tar.br"), aside));

// Without any font Chromium ends at the first letter, and with the package's a page looks the same
// on every machine.
const fontsFile = join(CACHE_DIR, "fonts.conf");
replaceFile(
  fontsFile,
  `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">chromium-fonts-${version}</dir>
  <cachedir prefix="relative">chromium-fonts-${version}/cache</cachedir>
</fontconfig>
`,
);

// A fixed name for a versioned folder: Deno's --allow-run names the program in advance. The script
// sets variables that Deno passes on only to those who may run everything.
replaceFile(
  join(CACHE_DIR, "browser.sh"),
  `#!/bin/sh
export LD_LIBRARY_PATH='${dir}/lib' FONTCONFIG_FILE='${fontsFile}'
exec '${dir}/chromium' "$@"
`,
);

/** Writes an executable file so that nobody sees half of it. */
function replaceFile(file: string, text: string): void {
  const aside = `${file}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(aside, text, { mode: 0o755 });
  Deno.renameSync(aside, file);
}
