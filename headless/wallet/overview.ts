/**
 * `deno task wallet overview`: the wallet's hotkeys, and how they do on their subnets.
 *
 * With `--json` stdout has an object a line, told apart by `event`: `neuron` as in `wallet metagraph`,
 * with `netuid`, `hotkeyName` and `immunityLeft`; `unregistered` with `hotkeyName` and `hotkey`; last
 * `total` with `neurons`, `subnets`, and what the coldkey holds in `freeRao`, a text.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { formatTao } from "../../core/chain/amounts.ts";
import { immunityLeft, type Neuron } from "../../core/chain/metagraph.ts";
import { WeftError } from "../../core/errors.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command, CommandContext } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { integers } from "../flags.ts";
import type { Screen } from "../screen.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { shortAddress, subnetTitle } from "./chain_text.ts";
import { type FittedColumn, fittedTable } from "./fitted_table.ts";
import { CHAIN_FLAGS, netuid, walletName, walletPath } from "./flags.ts";
import { findRegistered, type NamedHotkey, type SubnetHotkeys } from "./hotkey_uids.ts";
import { neuronColumns, neuronJson, neuronSums } from "./neuron_view.ts";
import { requireSubnets } from "./subnet_choice.ts";
import type { WalletSystem } from "./system.ts";
import { type WalletFolder, walletFolder } from "./wallet_folder.ts";

const OVERVIEW_FLAGS = {
  walletName,
  walletPath,
  netuids: integers({
    name: netuid.name,
    min: 0,
    max: 65535,
    default: undefined,
    defaultText: "all",
    publishedNames: netuid.publishedNames,
    description: "Numbers of the subnets to look at.",
  }),
  ...CHAIN_FLAGS,
  json,
  loggingDebug,
};

type Context = CommandContext<typeof OVERVIEW_FLAGS>;

/** A neuron of the wallet. */
interface OwnNeuron {
  readonly name: string;
  readonly neuron: Neuron;
  /** Undefined where the runtime does not tell when it was registered. */
  readonly immunityLeft: number | undefined;
}

/** The wallet's neurons in one subnet. */
interface OwnSubnet {
  readonly netuid: number;
  readonly name: string;
  readonly block: number;
  readonly neurons: readonly OwnNeuron[];
}

/** All that is shown. */
interface Overview {
  readonly subnets: readonly OwnSubnet[];
  readonly unregistered: readonly NamedHotkey[];
  /** Undefined if the coldkey's address is not known. */
  readonly freeRao: bigint | undefined;
}

/** The command, in these surroundings. */
export function overviewCommand(system: WalletSystem): Command<typeof OVERVIEW_FLAGS> {
  return {
    name: "overview",
    summary: "Shows the hotkeys of a wallet, and how they do on the subnets where they are " +
      "registered. Stake and emission are cut to four digits; updated is the number of blocks " +
      "since the last weights, immune the number until another hotkey may take the place.",
    flags: OVERVIEW_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, screen, signal } = context;
      const wallet = walletFolder(values, system);
      const hotkeys = readHotkeys(wallet, screen);
      const coldkey = readColdkey(wallet, screen);
      const overview = await withChain(
        system,
        context,
        (chain) => stoppable(signal, readOverview(chain, context, { hotkeys, coldkey })),
      );
      if (values.json) showJson(screen, overview);
      else overviewLines(overview, screen.columns).forEach((line) => screen.print(line));
      return 0;
    },
  };
}

/** @throws {WeftError} if there are none, or none can be read */
function readHotkeys(wallet: WalletFolder, screen: Screen): NamedHotkey[] {
  const names = wallet.hotkeyNames();
  if (names.length === 0) {
    throw new WeftError(
      `the wallet ${wallet.name} has no hotkey: make one with deno task wallet new_hotkey ` +
        `--wallet.name ${wallet.name}`,
    );
  }
  const hotkeys = names.flatMap((name) =>
    warnIfUnreadable(screen, () => [{ name, address: wallet.hotkeyAddress(name) }]) ?? []
  );
  if (hotkeys.length > 0) return hotkeys;
  throw new WeftError(`no hotkey of the wallet ${wallet.name} can be read`);
}

function readColdkey(wallet: WalletFolder, screen: Screen): string | undefined {
  return warnIfUnreadable(screen, () => wallet.coldkeyAddress());
}

/** One broken file must not hide the others. */
function warnIfUnreadable<T>(screen: Screen, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    screen.message(screen.style("yellow", `warning: ${error.message}`));
    return undefined;
  }
}

async function readOverview(
  chain: Chain,
  { values, signal }: Context,
  { hotkeys, coldkey }: {
    readonly hotkeys: readonly NamedHotkey[];
    readonly coldkey: string | undefined;
  },
): Promise<Overview> {
  if (values.netuids) await requireSubnets(chain, values.netuids);
  const netuids = values.netuids ?? await chain.netuids();
  const found = await findRegistered(chain, netuids, hotkeys, signal);
  const [balance, ...subnets] = await Promise.all([
    coldkey === undefined ? undefined : chain.balance(coldkey),
    ...found.map((each) => readSubnet(chain, each)),
  ]);
  const registered = new Set(found.flatMap((each) => each.registered.map(({ hotkey }) => hotkey)));
  return {
    subnets,
    unregistered: hotkeys.filter((hotkey) => !registered.has(hotkey)),
    freeRao: balance?.freeRao,
  };
}

async function readSubnet(
  chain: Chain,
  { netuid, registered }: SubnetHotkeys,
): Promise<OwnSubnet> {
  const [{ name, block, neurons }, { immunityBlocks }] = await Promise.all([
    chain.metagraph(netuid),
    chain.subnet(netuid),
  ]);
  return {
    ...{ netuid, name, block },
    neurons: registered.flatMap(({ hotkey }) => {
      // Gone if it was replaced in between.
      const neuron = neurons.find((each) => each.hotkey === hotkey.address);
      if (!neuron) return [];
      const { registeredAt } = neuron;
      const left = registeredAt === undefined
        ? undefined
        : immunityLeft(registeredAt, immunityBlocks, block);
      return [{ name: hotkey.name, neuron, immunityLeft: left }];
    }),
  };
}

function showJson(screen: Screen, { subnets, unregistered, freeRao }: Overview): void {
  for (const { netuid, neurons } of subnets) {
    for (const { name: hotkeyName, neuron, immunityLeft } of neurons) {
      const own = { netuid, hotkeyName, immunityLeft: immunityLeft ?? null };
      screen.printJson({ event: "neuron", ...own, ...neuronJson(neuron) });
    }
  }
  for (const { name: hotkeyName, address: hotkey } of unregistered) {
    screen.printJson({ event: "unregistered", hotkeyName, hotkey });
  }
  const counts = { neurons: neuronCount(subnets), subnets: subnets.length };
  screen.printJson({ event: "total", ...counts, freeRao: freeRao?.toString() });
}

function overviewLines({ subnets, unregistered, freeRao }: Overview, width: number): string[] {
  const tables = subnets.flatMap(({ netuid, name, block, neurons }) => [
    `${subnetTitle(netuid, name)}, block ${block}`,
    ...fittedTable(columnsOf(block, neurons), neurons, width),
    "",
  ]);
  const rest = unregistered.length === 0 ? [] : [
    "Not registered",
    ...fittedTable(UNREGISTERED_COLUMNS, unregistered, width),
    "",
  ];
  const free = freeRao === undefined ? "" : `, ${formatTao(freeRao)} free`;
  const [count, places] = [neuronCount(subnets), subnets.length];
  const total = `${count} ${count === 1 ? "neuron" : "neurons"} on ` +
    `${places} ${places === 1 ? "subnet" : "subnets"}${free}`;
  return [...tables, ...rest, total];
}

function neuronCount(subnets: readonly OwnSubnet[]): number {
  return subnets.reduce((sum, { neurons }) => sum + neurons.length, 0);
}

const UNREGISTERED_COLUMNS: readonly FittedColumn<NamedHotkey>[] = [
  { title: "hotkey", cell: ({ name }) => name },
  {
    title: "address",
    cell: ({ address }) => address,
    shortCell: ({ address }) => shortAddress(address),
  },
];

/** What a miner looks at stays longest. */
function columnsOf(block: number, neurons: readonly OwnNeuron[]): FittedColumn<OwnNeuron>[] {
  const sums = neurons.length > 1 ? neuronSums(neurons.map(({ neuron }) => neuron)) : undefined;
  const columns = neuronColumns<OwnNeuron>(block, sums);
  return [
    { title: "hotkey", cell: ({ name }) => name, total: sums && "all" },
    columns.uid,
    { ...columns.active, dropOrder: 3 },
    columns.stake,
    columns.emission,
    columns.incentive,
    { ...columns.dividends, dropOrder: 4 },
    { ...columns.trust, dropOrder: 6 },
    { ...columns.consensus, dropOrder: 5 },
    { ...columns.rank, dropOrder: 7 },
    { ...columns.updated, dropOrder: 2 },
    { ...columns.axon, dropOrder: 1 },
    {
      title: "immune",
      align: "right",
      cell: ({ immunityLeft }) => immunityLeft === undefined ? "-" : `${immunityLeft}`,
    },
  ];
}
