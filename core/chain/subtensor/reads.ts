/**
 * What a Subtensor chain knows. Each read is of one block, the newest.
 *
 * @module
 */

import type { Log } from "../../host.ts";
import type {
  Balance,
  Block,
  Chain,
  ChainIdentity,
  PowTask,
  StakePosition,
  SubnetParameters,
} from "../chain.ts";
import type { AxonInfo, Metagraph } from "../metagraph.ts";
import { existentialDepositRao, readBalance, readOwner, readStakes } from "./accounts.ts";
import { readAxonOf } from "./axons.ts";
import { newestState } from "./chain_state.ts";
import type { Connection } from "./connection.ts";
import { readHead, readIdentity, watchHead } from "./identity.ts";
import { readMetagraph, readUidOf } from "./metagraph.ts";
import { readPowTask } from "./pow_task.ts";
import { readNetuids, readSubnet } from "./subnets.ts";

/** The methods of a chain that change nothing. */
export type SubtensorReading = Pick<
  Chain,
  | "axonOf"
  | "balance"
  | "existentialDepositRao"
  | "head"
  | "identity"
  | "metagraph"
  | "netuids"
  | "ownerOf"
  | "powTask"
  | "stakesOf"
  | "subnet"
  | "uidOf"
  | "watchHead"
>;

/** The chain's name and address as the user knows them, and who hears of oddities. */
export interface ReadsSettings extends Pick<ChainIdentity, "network" | "endpoint"> {
  readonly log: Log;
}

/** See the module, and {@linkcode Chain} for each method. */
export class SubtensorReads implements SubtensorReading {
  readonly #connection: Connection;
  readonly #settings: ReadsSettings;

  constructor(connection: Connection, settings: ReadsSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  async identity(): Promise<ChainIdentity> {
    await this.#connection.ready();
    return readIdentity(this.#connection, this.#settings);
  }

  head(): Promise<Block> {
    return readHead(this.#connection);
  }

  watchHead(listener: (blockNumber: number) => void): Promise<() => void> {
    return watchHead(this.#connection, listener, this.#settings.log);
  }

  async balance(address: string): Promise<Balance> {
    const state = await newestState(this.#connection);
    return await readBalance(state, address, existentialDepositRao(this.#connection));
  }

  async existentialDepositRao(): Promise<bigint> {
    await this.#connection.ready();
    return existentialDepositRao(this.#connection);
  }

  async netuids(): Promise<number[]> {
    return await readNetuids(await newestState(this.#connection));
  }

  async subnet(netuid: number): Promise<SubnetParameters> {
    return await readSubnet(await newestState(this.#connection), netuid);
  }

  async metagraph(netuid: number): Promise<Metagraph> {
    return await readMetagraph(await newestState(this.#connection), netuid);
  }

  async uidOf(netuid: number, hotkey: string): Promise<number | undefined> {
    return await readUidOf(await newestState(this.#connection), netuid, hotkey);
  }

  async axonOf(netuid: number, hotkey: string): Promise<AxonInfo | undefined> {
    return await readAxonOf(await newestState(this.#connection), netuid, hotkey);
  }

  async ownerOf(hotkey: string): Promise<string | undefined> {
    return await readOwner(await newestState(this.#connection), hotkey);
  }

  async stakesOf(coldkey: string): Promise<StakePosition[]> {
    return await readStakes(await newestState(this.#connection), coldkey);
  }

  async powTask(netuid: number): Promise<PowTask | undefined> {
    return await readPowTask(await newestState(this.#connection), netuid);
  }
}
