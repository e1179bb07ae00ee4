/**
 * The published validator's own functions judge what `deno task prove` has printed and written.
 *
 * `COMPUTE_SUBNET` is a Python with NumPy and a checkout of neuralinternet/compute-subnet, with a space
 * between.
 *
 * @module
 */

import { testWhere } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withTempFolder } from "../headless/temp_folder.ts";

const COMPUTE_SUBNET = Deno.env.get("COMPUTE_SUBNET");
const PROVE = fileURLToPath(new URL("../../headless/prove.ts", import.meta.url));
const CHECK = fileURLToPath(new URL("proof_of_gpu/check.py", import.meta.url));
const why = COMPUTE_SUBNET === undefined ? "COMPUTE_SUBNET is not set" : undefined;

async function run(program: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

async function judge(dir: string): Promise<string> {
  const [python, checkout] = (COMPUTE_SUBNET ?? "").split(" ");
  const files = ["seeds.txt", "challenge_indices.txt", "lines.txt", "resp_0.json"];
  return await run(python, [CHECK, checkout, ...files.map((name) => join(dir, name))]);
}

/** A proof in a folder, made by two runs of the command. */
async function prove(dir: string): Promise<void> {
  Deno.writeTextFileSync(join(dir, "seeds.txt"), "96\n0 18446744073709551615 81985529216486895");
  Deno.writeTextFileSync(join(dir, "challenge_indices.txt"), "0 0,0;95,95;17,80");
  const mode = (name: string): Promise<string> =>
    run("deno", ["run", "-A", PROVE, "--mode", name, "--folder", dir]);
  Deno.writeTextFileSync(join(dir, "lines.txt"), await mode("compute"));
  await mode("proof");
}

testWhere(why, "the published check passes a proof of ours", async () => {
  await withTempFolder(async (dir) => {
    await prove(dir);
    assert.equal((await judge(dir)).trim(), "passed");
  });
});

testWhere(why, "the published check fails a row of which one bit is another", async () => {
  await withTempFolder(async (dir) => {
    await prove(dir);
    const path = join(dir, "resp_0.json");
    const reply = JSON.parse(Deno.readTextFileSync(path));
    const [first, ...others] = reply.rows[2];
    reply.rows[2] = [(parseInt(first, 16) ^ 1).toString(16), ...others].join("");
    Deno.writeTextFileSync(path, JSON.stringify(reply));
    assert.equal((await judge(dir)).trim(), "failed");
  });
});
