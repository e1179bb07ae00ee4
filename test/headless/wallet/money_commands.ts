/**
 * The commands that pay, with arguments that work on the chain and wallet of {@linkcode withWallet},
 * and what their `--json` must look like.
 *
 * @module
 */

import * as v from "valibot";
import type { Chain } from "../../../core/chain/chain.ts";
import { registerCommand } from "../../../headless/wallet/register.ts";
import { stakeAddCommand } from "../../../headless/wallet/stake_add.ts";
import { stakeRemoveCommand } from "../../../headless/wallet/stake_remove.ts";
import type { WalletSystem } from "../../../headless/wallet/system.ts";
import { transferCommand } from "../../../headless/wallet/transfer.ts";
import { withTempFolder } from "../temp_folder.ts";
import { FakeChain, type FakeChainOptions, TAO } from "./fake_chain.ts";
import {
  type FakeWalletSystem,
  fakeWalletSystem,
  runWallet,
  type WalletRun,
  type WalletRunOptions,
} from "./fake_wallet_system.ts";
import { ALICE, BOB, CHARLIE, makeWallet, type TestWallet } from "./test_wallet.ts";

/** What a test changes about chain, person and wallet. */
export interface Surroundings {
  readonly chain?: FakeChainOptions;
  readonly answers?: readonly string[];
  readonly wallet?: TestWallet;
}

/** A wallet on disk and a chain that knows it. */
export interface Setup {
  readonly chain: FakeChain;
  readonly system: FakeWalletSystem;
}

/** Alice, with 10 TAO and 5 alpha on Bob in subnet 9, unless said otherwise. */
export async function withWallet(
  { chain: chainOptions, answers, wallet }: Surroundings,
  body: (setup: Setup) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const chain = new FakeChain({
      free: { [ALICE]: 10n * TAO },
      owners: { [BOB]: ALICE },
      stakes: { [ALICE]: [{ netuid: 9, hotkey: BOB, stakeAlphaRao: 5n * TAO }] },
      ...chainOptions,
    });
    const system = fakeWalletSystem(dir, { chain, answers });
    await makeWallet(system, wallet);
    await body({ chain, system });
  });
}

/** A command that pays. */
export interface MoneyCommand {
  readonly name: string;
  /** The one method that it may call, once. */
  readonly sends: keyof Chain;
  /** The methods that it asks before anything is shown. */
  readonly reads: readonly (keyof Chain)[];
  /** What shows whether it was carried out. */
  readonly look: string;
  readonly plan: v.GenericSchema;
  readonly result: v.GenericSchema;
  run(
    system: WalletSystem,
    args: readonly string[],
    options?: WalletRunOptions,
  ): Promise<WalletRun>;
}

const rao = v.pipe(v.string(), v.regex(/^\d+$/));
const hash = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/));

/** A plan's line. */
function planSchema(action: string, entries: v.ObjectEntries): v.GenericSchema {
  return v.strictObject({
    event: v.literal("plan"),
    action: v.literal(action),
    dryRun: v.boolean(),
    network: v.literal("test"),
    ...entries,
  });
}

/** A result's line. */
function resultSchema(action: string, entries: v.ObjectEntries): v.GenericSchema {
  return v.strictObject({
    event: v.literal("result"),
    action: v.literal(action),
    extrinsicHash: hash,
    blockHash: hash,
    blockNumber: v.number(),
    feeRao: rao,
    ...entries,
  });
}

const subnet9 = { netuid: v.literal(9), hotkey: v.literal(BOB) };

/** All of them. */
export const MONEY_COMMANDS: readonly MoneyCommand[] = [
  {
    name: "register",
    sends: "burnedRegister",
    reads: ["identity", "subnet", "balance", "uidOf", "ownerOf"],
    look: "deno task wallet overview --netuid 9",
    plan: planSchema("register", {
      ...subnet9,
      hotkeyName: v.literal("default"),
      coldkey: v.literal(ALICE),
      immunityBlocks: v.literal(4096),
      ...{ priceRao: rao, limitRao: rao, balanceRao: rao, remainingRao: rao },
    }),
    result: resultSchema("register", { ...subnet9, uid: v.literal(7), freeRao: rao }),
    run: (system, args, options) =>
      runWallet(registerCommand, system, ["--netuid", "9", ...args], options),
  },
  {
    name: "transfer",
    sends: "transfer",
    reads: ["identity", "balance", "transferFeeRao", "existentialDepositRao"],
    look: `deno task wallet balance --ss58 ${CHARLIE}`,
    plan: planSchema("transfer", {
      from: v.literal(ALICE),
      to: v.literal(CHARLIE),
      ...{ amountRao: v.literal("1500000000"), feeRao: rao, balanceRao: rao, remainingRao: rao },
    }),
    result: resultSchema("transfer", {
      from: v.literal(ALICE),
      to: v.literal(CHARLIE),
      ...{ amountRao: v.literal("1500000000"), freeRao: rao, recipientFreeRao: rao },
    }),
    run: (system, args, options) =>
      runWallet(
        transferCommand,
        system,
        ["--dest", CHARLIE, "--amount", "1.5", ...args],
        options,
      ),
  },
  {
    name: "stake add",
    sends: "addStake",
    reads: ["netuids", "identity", "ownerOf", "balance", "stakesOf"],
    look: "deno task wallet balance",
    plan: planSchema("stakeAdd", {
      ...subnet9,
      ...{ coldkey: v.literal(ALICE), priceTolerance: v.literal(0.005) },
      ...{ amountRao: v.literal("1500000000"), stakeBeforeRao: v.literal("5000000000") },
      ...{ balanceRao: rao, remainingRao: rao },
    }),
    result: resultSchema("stakeAdd", {
      ...subnet9,
      ...{ amountRao: v.literal("1500000000"), stakeRao: v.literal("6500000000"), freeRao: rao },
    }),
    run: (system, args, options) =>
      runWallet(stakeAddCommand, system, ["--netuid", "9", "--amount", "1.5", ...args], options),
  },
  {
    name: "stake remove",
    sends: "removeStake",
    reads: ["netuids", "identity", "balance", "stakesOf"],
    look: "deno task wallet balance",
    plan: planSchema("stakeRemove", {
      ...subnet9,
      ...{ coldkey: v.literal(ALICE), priceTolerance: v.literal(0.005) },
      ...{ amountRao: v.literal("1500000000"), stakeBeforeRao: v.literal("5000000000") },
      ...{ remainingStakeRao: v.literal("3500000000"), freeRao: rao },
    }),
    result: resultSchema("stakeRemove", {
      ...subnet9,
      ...{ amountRao: v.literal("1500000000"), stakeRao: v.literal("3500000000"), freeRao: rao },
    }),
    run: (system, args, options) =>
      runWallet(stakeRemoveCommand, system, ["--netuid", "9", "--amount", "1.5", ...args], options),
  },
];
