/**
 * The command `orchestrate`, in whatever surroundings.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { createLog } from "../deno_host.ts";
import { hotkeySigner } from "../wallet/unlock.ts";
import { walletFolder } from "../wallet/wallet_folder.ts";
import { ORCHESTRATE_FLAGS } from "./flags.ts";
import { checkPublicUrl, isLocalOnly, statePlace, storePlace } from "./places.ts";
import { runSession } from "./session.ts";
import { swarmSettings } from "./swarm_settings.ts";
import type { OrchestrateSystem } from "./system.ts";

/** The command, in these surroundings. */
export function orchestrateCommand(
  system: OrchestrateSystem,
): Command<typeof ORCHESTRATE_FLAGS> {
  return {
    name: "orchestrate",
    summary: "Leads a swarm of IOTA miners: gives them layers and activations, merges their " +
      "weights, has their work checked, and sets weights on the chain. The page at / shows all " +
      "of it. Killed or stopped, it goes on where it was with the same command.",
    flags: ORCHESTRATE_FLAGS,
    async run({ values, screen, signal }): Promise<number> {
      // What is wrong with the flags is told before a password is asked for.
      const settings = await swarmSettings(values, system.userFolder());
      checkPublicUrl(values);
      const places = { state: statePlace(values, system), store: storePlace(values, system) };
      const signer = await hotkeySigner(walletFolder(values, system), values.walletHotkey, system);
      const log = createLog(values.loggingDebug ? "debug" : "info", (line) => screen.message(line));
      if (isLocalOnly(values) && values.publicUrl === undefined) {
        log.info(
          "only programs of this machine reach it: --host and --public.url open it to others",
        );
      }
      await runSession({ system, values, settings, places, signer, screen, log }, signal);
      return 0;
    },
  };
}
