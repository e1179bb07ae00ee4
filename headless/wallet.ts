/**
 * `deno task wallet COMMAND`: keys, and what the chain knows of them.
 *
 * @module
 */

import { type CommandGroup, member, runGroupAsProcess } from "./command_group.ts";
import { balanceCommand } from "./wallet/balance.ts";
import { faucetCommand } from "./wallet/faucet.ts";
import { listCommand } from "./wallet/list.ts";
import { metagraphCommand } from "./wallet/metagraph.ts";
import { newColdkeyCommand } from "./wallet/new_coldkey.ts";
import { newHotkeyCommand } from "./wallet/new_hotkey.ts";
import { overviewCommand } from "./wallet/overview.ts";
import { processWalletSystem } from "./wallet/process_system.ts";
import { regenColdkeyCommand } from "./wallet/regen_coldkey.ts";
import { regenColdkeypubCommand } from "./wallet/regen_coldkeypub.ts";
import { regenHotkeyCommand } from "./wallet/regen_hotkey.ts";
import { registerCommand } from "./wallet/register.ts";
import { signCommand } from "./wallet/sign.ts";
import { stakeAddCommand } from "./wallet/stake_add.ts";
import { stakeRemoveCommand } from "./wallet/stake_remove.ts";
import type { WalletSystem } from "./wallet/system.ts";
import { transferCommand } from "./wallet/transfer.ts";
import { verifyCommand } from "./wallet/verify.ts";

/** The wallet's commands, in these surroundings. */
export function walletGroup(system: WalletSystem): CommandGroup {
  return {
    name: "wallet",
    summary:
      "Makes and keeps keys in Bittensor's own files, registers them on a subnet, and moves " +
      "TAO and stake. Names and files are those of btcli.",
    members: [
      member("wallet", newColdkeyCommand(system)),
      member("wallet", newHotkeyCommand(system)),
      member("wallet", regenColdkeyCommand(system)),
      member("wallet", regenColdkeypubCommand(system)),
      member("wallet", regenHotkeyCommand(system)),
      member("wallet", listCommand(system)),
      member("wallet", balanceCommand(system)),
      member("wallet", overviewCommand(system)),
      member("wallet", registerCommand(system)),
      member("wallet", metagraphCommand(system)),
      member("wallet", transferCommand(system)),
      member("wallet", stakeAddCommand(system)),
      member("wallet", stakeRemoveCommand(system)),
      member("wallet", signCommand(system)),
      member("wallet", verifyCommand(system)),
      member("wallet", faucetCommand(system)),
    ],
  };
}

if (import.meta.main) await runGroupAsProcess(walletGroup(processWalletSystem()));
