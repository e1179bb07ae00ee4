/**
 * `deno task wallet metagraph`: the neurons of a subnet.
 *
 * @module
 */

import type { Metagraph, Neuron } from "../../core/chain/metagraph.ts";
import type { Command } from "../command.ts";
import { json, loggingDebug } from "../common_flags.ts";
import { choice, integer } from "../flags.ts";
import { stoppable, withChain } from "./chain_session.ts";
import { subnetTitle } from "./chain_text.ts";
import { type FittedColumn, fittedTable } from "./fitted_table.ts";
import { CHAIN_FLAGS, netuid } from "./flags.ts";
import { type NeuronColumns, neuronColumns, neuronJson, neuronSums } from "./neuron_view.ts";
import { requireNetuid } from "./subnet_choice.ts";
import type { WalletSystem } from "./system.ts";

/** What to sort by: the number that decides. All but the uid are sorted from the largest down. */
const SORT_NUMBERS = {
  uid: ({ uid }: Neuron) => -uid,
  stake: ({ totalStakeRao }: Neuron) => totalStakeRao,
  incentive: ({ incentive }: Neuron) => incentive,
  dividends: ({ dividends }: Neuron) => dividends,
  emission: ({ emissionRao }: Neuron) => emissionRao,
  trust: ({ trust }: Neuron) => trust,
  rank: ({ rank }: Neuron) => rank,
  updated: ({ lastUpdate }: Neuron) => lastUpdate,
} as const;

/** A column to sort by. */
type SortColumn = keyof typeof SORT_NUMBERS;

const SORT_COLUMNS: readonly SortColumn[] = [
  "uid",
  "stake",
  "incentive",
  "dividends",
  "emission",
  "trust",
  "rank",
  "updated",
];

const METAGRAPH_FLAGS = {
  netuid,
  sort: choice({
    name: "sort",
    words: SORT_COLUMNS,
    default: "uid",
    description: "What to sort by; uid from the lowest up, all else from the largest down.",
  }),
  top: integer({
    name: "top",
    min: 1,
    default: undefined,
    defaultText: "all",
    description: "Shows so many neurons only, the first ones of that order.",
  }),
  ...CHAIN_FLAGS,
  json,
  loggingDebug,
};

/** The command, in these surroundings. With `--json` each line is one neuron. */
export function metagraphCommand(system: WalletSystem): Command<typeof METAGRAPH_FLAGS> {
  return {
    name: "metagraph",
    summary: "Shows the neurons of a subnet. Stake and emission are those of the chain's newest " +
      "block, cut to four digits; updated is the number of blocks since the last weights.",
    flags: METAGRAPH_FLAGS,
    async run(context): Promise<number> {
      const { values, screen, signal } = context;
      const asked = requireNetuid(values);
      const metagraph = await withChain(
        system,
        context,
        (chain) => stoppable(signal, chain.metagraph(asked)),
      );
      const shown = sortedNeurons(metagraph.neurons, values.sort).slice(0, values.top);
      if (values.json) shown.forEach((neuron) => screen.printJson(neuronJson(neuron)));
      else metagraphLines(metagraph, shown, screen.columns).forEach((line) => screen.print(line));
      return 0;
    },
  };
}

/** Equal ones stay in the order of their uids. */
function sortedNeurons(neurons: readonly Neuron[], column: SortColumn): Neuron[] {
  const numberOf: (neuron: Neuron) => number | bigint = SORT_NUMBERS[column];
  return neurons.toSorted((x, y) => {
    const [a, b] = [numberOf(x), numberOf(y)];
    return a === b ? x.uid - y.uid : a > b ? -1 : 1;
  });
}

function metagraphLines(
  { netuid, name, block, neurons }: Metagraph,
  shown: readonly Neuron[],
  width: number,
): string[] {
  const all = `${neurons.length} ${neurons.length === 1 ? "neuron" : "neurons"}`;
  const count = shown.length < neurons.length ? `${shown.length} of ${all}` : all;
  const heading = `${subnetTitle(netuid, name)}, block ${block}, ${count}`;
  const rows = shown.map((neuron) => ({ neuron }));
  const columns = columnsOf(neuronColumns<{ neuron: Neuron }>(block, neuronSums(neurons)));
  const lines = fittedTable(columns, rows, width);
  return shown.length < neurons.length
    ? [heading, "", ...lines, "The last line sums up all neurons, shown or not."]
    : [heading, "", ...lines];
}

/** What a miner looks at stays longest. */
function columnsOf<Row>(columns: NeuronColumns<Row>): FittedColumn<Row>[] {
  const { uid, stake, incentive, dividends, emission, trust, rank, permit, updated, axon } =
    columns;
  return [
    { ...uid, total: "all" },
    stake,
    incentive,
    { ...dividends, dropOrder: 3 },
    emission,
    { ...trust, dropOrder: 6 },
    { ...rank, dropOrder: 7 },
    { ...permit, dropOrder: 4 },
    { ...updated, dropOrder: 2 },
    axon,
    { ...columns.hotkey, dropOrder: 1 },
    { ...columns.coldkey, dropOrder: 5 },
  ];
}
