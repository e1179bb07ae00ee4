/**
 * How long it takes to open a chain and to read a subnet's metagraph.
 *
 * @module
 */

import type { Chain } from "../../../core/chain/chain.ts";
import { median, type NowMs } from "../../../core/bench/timing.ts";

/** Medians of some rounds, each with a connection of its own. */
export interface ReadingRow {
  readonly network: string;
  readonly specVersion: number;
  readonly netuid: number;
  readonly neurons: number;
  readonly openMs: number;
  readonly metagraphMs: number;
}

/**
 * Opens the chain and reads the metagraph, once a round.
 *
 * @throws {Error} if the metagraph has not the subnet's neurons, uid by uid
 */
export async function measureReading(
  open: () => Promise<Chain>,
  netuid: number,
  rounds: number,
  nowMs: NowMs,
): Promise<ReadingRow> {
  const openMs: number[] = [];
  const metagraphMs: number[] = [];
  let found: Omit<ReadingRow, "openMs" | "metagraphMs"> | undefined;
  for (let round = 0; round < rounds; round++) {
    const start = nowMs();
    const chain = await open();
    try {
      const opened = nowMs();
      const { neurons } = await chain.metagraph(netuid);
      openMs.push(opened - start);
      metagraphMs.push(nowMs() - opened);
      const { neuronCount } = await chain.subnet(netuid);
      if (neurons.length !== neuronCount || neurons.some(({ uid }, at) => uid !== at)) {
        throw new Error(`a metagraph of ${neurons.length} neurons, expected ${neuronCount}`);
      }
      const { network, specVersion } = await chain.identity();
      found = { network, specVersion, netuid, neurons: neuronCount };
    } finally {
      await chain.close();
    }
  }
  if (found === undefined) throw new RangeError("no round was asked for");
  return { ...found, openMs: median(openMs), metagraphMs: median(metagraphMs) };
}
