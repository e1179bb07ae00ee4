/**
 * Flags that name a wallet and a chain, as btcli and the published miners name them.
 *
 * @module
 */

import { integer, text, toggle } from "../flags.ts";

/** `--wallet.name` */
export const walletName = text({
  name: "wallet.name",
  placeholder: "NAME",
  default: "default",
  publishedNames: ["BT_WALLET_NAME", "wallet_name"],
  description: "Name of the wallet: the folder with its coldkey and hotkeys.",
});

/** `--wallet.hotkey` */
export const walletHotkey = text({
  name: "wallet.hotkey",
  placeholder: "NAME",
  default: "default",
  publishedNames: ["BT_WALLET_HOTKEY", "wallet_hotkey"],
  description: "Name of the hotkey within the wallet.",
});

/** `--wallet.path` */
export const walletPath = text({
  name: "wallet.path",
  placeholder: "DIR",
  default: "~/.bittensor/wallets",
  publishedNames: ["BT_WALLET_PATH"],
  description: "Folder of all wallets.",
});

/** `--netuid` */
export const netuid = integer({
  name: "netuid",
  min: 0,
  max: 65535,
  default: undefined,
  publishedNames: ["netuid"],
  description: "Number of the subnet.",
});

/** `--subtensor.network` */
export const subtensorNetwork = text({
  name: "subtensor.network",
  placeholder: "NAME",
  default: undefined,
  defaultText: "finney",
  publishedNames: ["BT_SUBTENSOR_NETWORK", "network"],
  description: "Chain: finney, test, local (ws://127.0.0.1:9944), a ws:// or wss:// address, or " +
    "ledger:FILE, a chain without a chain that lives in a file.",
});

/** `--subtensor.chain_endpoint` */
export const subtensorChainEndpoint = text({
  name: "subtensor.chain_endpoint",
  placeholder: "URL",
  default: undefined,
  publishedNames: ["BT_SUBTENSOR_CHAIN_ENDPOINT"],
  description: "Address of a chain's node; goes before --subtensor.network.",
});

/** `--yes` */
export const yes = toggle({
  name: "yes",
  short: "y",
  default: false,
  description: "Answers yes to what would be asked.",
});

/** `--dry-run` */
export const dryRun = toggle({
  name: "dry-run",
  default: false,
  description: "Shows what would be done and what it would cost, and does nothing.",
});

/** The flags that name a wallet. */
export const WALLET_FLAGS = { walletName, walletHotkey, walletPath } as const;

/** The flags that name a chain. */
export const CHAIN_FLAGS = { subtensorNetwork, subtensorChainEndpoint } as const;
