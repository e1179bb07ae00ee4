/**
 * `deno task validate compute job`: runs a WGSL job in a sandbox that is rented.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { runSandboxJob } from "../../../core/compute/sandbox/sandbox_client.ts";
import { UsageError } from "../../../core/errors.ts";
import type { Command, CommandContext } from "../../command.ts";
import { text } from "../../flags.ts";
import type { ValidateSystem } from "../system.ts";
import { readJobFile } from "./job_file.ts";
import {
  minerFlag,
  RENTER_FLAGS,
  type RenterSession,
  withRenterSession,
} from "./renter_session.ts";

const FLAGS = {
  ...RENTER_FLAGS,
  hotkey: minerFlag("The miner whose sandbox is rented."),
  out: text({
    name: "out",
    placeholder: "DIR",
    default: ".",
    description: "Folder for the outputs: binding-N.bin of each.",
  }),
} as const;

type Context = CommandContext<typeof FLAGS>;

/** The command, in these surroundings. */
export function jobCommand(system: ValidateSystem): Command<typeof FLAGS> {
  return {
    name: "compute job",
    operands: "FILE",
    summary: "Runs a WGSL job in a sandbox that is rented. FILE is JSON: shader (a file), " +
      "entryPoint, buffers ({binding, kind: storage, read, uniform or output, sizeBytes or a file " +
      "as data}), workgroups and timeoutMs.",
    flags: FLAGS,
    run: async (context) => {
      const { operands: [file], values: { hotkey } } = context;
      if (file === undefined) throw new UsageError("FILE names the job");
      if (hotkey === undefined) throw new UsageError("--hotkey says whose sandbox is to run it");
      // What is wrong with the job is told before a password is asked for.
      const path = resolve(system.userFolder(), file);
      const job = await readJobFile(path);
      return await withRenterSession(
        system,
        context,
        (session) => run(system, context, session, job, hotkey),
      );
    },
  };
}

async function run(
  system: ValidateSystem,
  { values, screen, signal }: Context,
  { dendrite, target }: RenterSession,
  job: Parameters<typeof runSandboxJob>[2],
  hotkey: string,
): Promise<number> {
  const { buffers, elapsedMs } = await runSandboxJob(dendrite, target(hotkey), job, { signal });
  const dir = resolve(system.userFolder(), values.out);
  await Deno.mkdir(dir, { recursive: true });
  for (const [binding, bytes] of buffers) {
    const path = join(dir, `binding-${binding}.bin`);
    await Deno.writeFile(path, bytes);
    const sizeBytes = bytes.length;
    if (values.json) screen.printJson({ kind: "output", binding, sizeBytes, path });
    else screen.print(`binding ${binding}: ${sizeBytes} bytes in ${path}`);
  }
  if (values.json) screen.printJson({ kind: "done", elapsedMs });
  else screen.print(`done in ${elapsedMs} ms`);
  return 0;
}
