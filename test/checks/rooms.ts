/**
 * Checks who imports whom: no import circles, arrows only from a room to the rooms below it, no
 * `node:` module in what a browser loads. Prints each violation; exit code 1 when there is one.
 * A type import counts as an arrow, for a type from above is knowledge of what is above; it closes
 * no circle, for nothing of it is left at run time.
 *
 * @module
 */

import { print } from "../print.ts";

const ROOT = new URL("../../", import.meta.url).href;

/** For each room the rooms it may import from, and through them whatever those may import from. */
const ROOMS_BELOW: Record<string, readonly string[]> = {
  web: ["core/node", "core/bench"],
  headless: ["core/node"],
  "core/bench": ["core/node"],
  "core/node": ["core/iota", "core/compute"],
  "core/iota": ["core/model", "core/data", "core/chain"],
  "core/compute": ["core/hash", "core/chain"],
  "core/chain": ["core/wallet"],
  "core/wallet": ["core/formats"],
  "core/data": ["core/formats"],
  "core/model": ["core/ops", "core/reference"],
  "core/hash": ["core/gpu"],
  "core/ops": ["core/gpu", "core/formats"],
  "core/gpu": ["shaders", "core/formats"],
  "core/formats": [],
  "core/reference": [],
  shaders: [],
};

/** Files that every room may import. */
const FOR_ALL = ["core/errors.ts", "core/host.ts"];

/** Rooms that a browser loads. */
const PLATFORM_FREE = /^(core|web)\//;

/** One import: a file of the project, or an `npm:` or `node:` specifier. */
interface Import {
  readonly to: string;
  readonly typeOnly: boolean;
}

/** From each file of the project to what it imports. */
type Imports = Map<string, Import[]>;

/** The folders of source files, as far as they exist. */
const folders = [...Deno.readDirSync(new URL(ROOT))].map((entry) => entry.name)
  .filter((name) => ["core", "headless", "test", "web"].includes(name));

const imports = await readImports(folders.flatMap(listFiles));
const violations = [...findBadArrows(imports), ...findCircles(imports)];
violations.forEach(print);
if (violations.length > 0) Deno.exit(1);
print(`${imports.size} files, no circle, every arrow points down`);

function findBadArrows(imports: Imports): string[] {
  return [...imports].flatMap(([from, targets]) =>
    targets.flatMap(({ to }) => {
      const reason = whyNot(from, to);
      return reason === undefined ? [] : [`${from} imports ${to}: ${reason}`];
    })
  );
}

/** Why `from` may not import `to`, or undefined when it may. */
function whyNot(from: string, to: string): string | undefined {
  const room = roomOf(from);
  if (PLATFORM_FREE.test(from) && to.startsWith("node:")) return "this file must run in a browser";
  if (/^(npm|node):/.test(to) || FOR_ALL.includes(to)) return undefined;
  if (roomOf(to) === room || room === "test" || !(room in ROOMS_BELOW)) return undefined;
  return reachable(room).has(roomOf(to)) ? undefined : `${room} may not know ${roomOf(to)}`;
}

function reachable(room: string, seen = new Set<string>()): Set<string> {
  for (const below of ROOMS_BELOW[room] ?? []) {
    if (!seen.has(below)) reachable(below, seen.add(below));
  }
  return seen;
}

/** "core/gpu/tensor.ts" is in "core/gpu", "headless/cli/x.ts" in "headless". */
function roomOf(file: string): string {
  const parts = file.split("/");
  return parts.slice(0, parts[0] === "core" ? 2 : 1).join("/");
}

/** Finds each circle once, by walking depth first and looking for a way back to the path walked. */
function findCircles(imports: Imports): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      circles.push(`import circle: ${[...path.slice(start), file].join(" > ")}`);
    } else if (!done.has(file)) {
      path.push(file);
      for (const { to, typeOnly } of imports.get(file) ?? []) if (!typeOnly) visit(to);
      path.pop();
      done.add(file);
    }
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}

function listFiles(dir: string): string[] {
  return [...Deno.readDirSync(new URL(dir, ROOT))].flatMap((entry) => {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory) return listFiles(path);
    return /(?<!\.d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** Asks `deno info` about one file after another, save those an earlier answer has covered. */
async function readImports(files: readonly string[]): Promise<Imports> {
  const imports: Imports = new Map();
  for (const file of files) {
    if (imports.has(file)) continue;
    for (const module of (await denoInfo(file)).modules) {
      if (module.error !== undefined) throw new Error(module.error);
      if (!module.specifier.startsWith(ROOT) || module.kind !== "esm") continue;
      imports.set(
        module.specifier.slice(ROOT.length),
        (module.dependencies ?? []).flatMap(({ code, type }) => {
          const to = (code ?? type)?.specifier?.replace(ROOT, "");
          return to === undefined ? [] : [{ to, typeOnly: code === undefined }];
        }),
      );
    }
  }
  return imports;
}

/** The part of `deno info --json` that is read here. */
interface DenoInfo {
  modules: {
    kind?: string;
    specifier: string;
    error?: string;
    dependencies?: { code?: { specifier?: string }; type?: { specifier?: string } }[];
  }[];
}

async function denoInfo(file: string): Promise<DenoInfo> {
  const command = new Deno.Command("deno", {
    args: ["info", "--json", file],
    cwd: new URL(ROOT),
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`deno info ${file} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
