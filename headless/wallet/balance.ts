/**
 * `deno task wallet balance`: what coldkeys hold.
 *
 * With `--json` stdout has an object a line for each coldkey: `wallet` (left out for a bare address),
 * `coldkey`, `freeRao`, `transferableRao`, `stakedRao` (on the root subnet, which is in TAO),
 * `totalRao` (free and staked), and `alpha`, a list of `netuid`, `alphaRao` and `hotkeys`, the number
 * of hotkeys that it lies on. Amounts are texts of whole rao.
 *
 * @module
 */

import type { Balance, Chain, StakePosition } from "../../core/chain/chain.ts";
import { fixedCoins, plainCoins, TAO_DECIMALS } from "../../core/chain/amounts.ts";
import { UsageError, WeftError } from "../../core/errors.ts";
import { plainAddress } from "../../core/wallet/address.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import type { Command } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { text, toggle, type Values } from "../flags.ts";
import type { Screen } from "../screen.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { shortAddress } from "./chain_text.ts";
import { type FittedColumn, fittedTable } from "./fitted_table.ts";
import { CHAIN_FLAGS, walletName, walletPath } from "./flags.ts";
import type { WalletSystem } from "./system.ts";
import { listWallets, walletFolder, walletsPath } from "./wallet_folder.ts";

const BALANCE_FLAGS = {
  walletName,
  walletPath,
  ss58: text({
    name: "ss58",
    placeholder: "ADDRESS",
    default: undefined,
    description: "A coldkey's address to ask for, instead of a wallet.",
  }),
  all: toggle({ name: "all", default: false, description: "All wallets of the folder." }),
  ...CHAIN_FLAGS,
  json,
  loggingDebug,
};

/** A coldkey to ask for. */
interface NamedColdkey {
  /** Undefined for a bare address. */
  readonly wallet: string | undefined;
  readonly address: string;
}

/** Stake in one subnet, summed over hotkeys. */
interface SubnetStake {
  readonly netuid: number;
  readonly alphaRao: bigint;
  readonly hotkeys: number;
}

/** What one coldkey holds. */
interface Holding {
  readonly coldkey: NamedColdkey;
  readonly balance: Balance;
  /** On the root subnet, in rao. */
  readonly stakedRao: bigint;
  readonly alpha: readonly SubnetStake[];
}

/** The command, in these surroundings. */
export function balanceCommand(system: WalletSystem): Command<typeof BALANCE_FLAGS> {
  return {
    name: "balance",
    summary: "Shows what a coldkey holds: free TAO, TAO staked on the root subnet, and the alpha " +
      "of the other subnets, which is no TAO and not in the total.",
    flags: BALANCE_FLAGS,
    async run(context): Promise<number> {
      await readyKeys();
      const { values, screen, signal } = context;
      const coldkeys = coldkeysOf(values, system, screen);
      const holdings = await withChain(
        system,
        context,
        (chain) => stoppable(signal, Promise.all(coldkeys.map((each) => readHolding(chain, each)))),
      );
      if (values.json) holdings.forEach((holding) => screen.printJson(holdingJson(holding)));
      else holdingLines(holdings, screen.columns).forEach((line) => screen.print(line));
      return 0;
    },
  };
}

function coldkeysOf(
  values: Values<typeof BALANCE_FLAGS>,
  system: WalletSystem,
  screen: Screen,
): NamedColdkey[] {
  if (values.ss58 !== undefined) {
    if (values.all) throw new UsageError("--ss58 asks for one address and --all for all wallets");
    return [{ wallet: undefined, address: plainAddress(values.ss58) }];
  }
  if (!values.all) {
    const wallet = walletFolder(values, system);
    return [{ wallet: wallet.name, address: wallet.coldkeyAddress() }];
  }
  const path = walletsPath(values.walletPath, system);
  const coldkeys = listWallets(path).flatMap((wallet) => {
    try {
      return [{ wallet: wallet.name, address: wallet.coldkeyAddress() }];
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      screen.message(screen.style("yellow", `warning: ${error.message}`));
      return [];
    }
  });
  if (coldkeys.length > 0) return coldkeys;
  throw new WeftError(
    `no wallet with a readable coldkey lies in ${path}: name another folder by --wallet.path, or ` +
      "make one with deno task wallet new_coldkey",
  );
}

async function readHolding(chain: Chain, coldkey: NamedColdkey): Promise<Holding> {
  const [balance, positions] = await Promise.all([
    chain.balance(coldkey.address),
    chain.stakesOf(coldkey.address),
  ]);
  const stakes = bySubnet(positions);
  return {
    coldkey,
    balance,
    stakedRao: stakes.find(({ netuid }) => netuid === 0)?.alphaRao ?? 0n,
    alpha: stakes.filter(({ netuid }) => netuid !== 0),
  };
}

function bySubnet(positions: readonly StakePosition[]): SubnetStake[] {
  const sums = new Map<number, SubnetStake>();
  for (const { netuid, stakeAlphaRao } of positions) {
    if (stakeAlphaRao === 0n) continue;
    const { alphaRao, hotkeys } = sums.get(netuid) ?? { alphaRao: 0n, hotkeys: 0 };
    sums.set(netuid, { netuid, alphaRao: alphaRao + stakeAlphaRao, hotkeys: hotkeys + 1 });
  }
  return [...sums.values()].toSorted((x, y) => x.netuid - y.netuid);
}

function holdingJson({ coldkey, balance, stakedRao, alpha }: Holding): object {
  return {
    wallet: coldkey.wallet,
    coldkey: coldkey.address,
    freeRao: `${balance.freeRao}`,
    transferableRao: `${balance.transferableRao}`,
    stakedRao: `${stakedRao}`,
    totalRao: `${balance.freeRao + stakedRao}`,
    alpha: alpha.map(({ netuid, alphaRao, hotkeys }) => ({
      ...{ netuid, hotkeys },
      alphaRao: `${alphaRao}`,
    })),
  };
}

function holdingLines(holdings: readonly Holding[], width: number): string[] {
  const free = ({ balance }: Holding): bigint => balance.freeRao;
  const staked = ({ stakedRao }: Holding): bigint => stakedRao;
  const columns: FittedColumn<Holding>[] = [
    { title: "wallet", cell: ({ coldkey }) => coldkey.wallet ?? "-" },
    {
      title: "coldkey",
      cell: ({ coldkey }) => coldkey.address,
      shortCell: ({ coldkey }) => shortAddress(coldkey.address),
    },
    coinColumn("free", holdings, free),
    coinColumn("staked", holdings, staked),
    coinColumn("total", holdings, (holding) => free(holding) + staked(holding)),
    ...holdings.some(({ alpha }) => alpha.length > 0) ? [ALPHA_COLUMN] : [],
  ];
  return fittedTable(columns, holdings, width);
}

const ALPHA_COLUMN: FittedColumn<Holding> = {
  title: "alpha by subnet",
  wraps: true,
  cell: ({ alpha }) =>
    alpha.map(({ netuid, alphaRao }) => `${netuid}: ${plainCoins(alphaRao)}`).join(", "),
};

/** Exact amounts of TAO; below more than one their sum. */
function coinColumn(
  title: string,
  holdings: readonly Holding[],
  amountOf: (holding: Holding) => bigint,
): FittedColumn<Holding> {
  const sum = holdings.reduce((total, holding) => total + amountOf(holding), 0n);
  return {
    ...{ title, align: "right" },
    cell: (holding) => fixedCoins(amountOf(holding), TAO_DECIMALS),
    total: holdings.length > 1 ? fixedCoins(sum, TAO_DECIMALS) : undefined,
  };
}
