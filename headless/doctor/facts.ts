/**
 * What several checks need, found once.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import type { AxonInfo } from "../../core/chain/metagraph.ts";
import { WeftError } from "../../core/errors.ts";
import type { Log } from "../../core/host.ts";
import { NotKnownError } from "./check.ts";
import type { DoctorSettings } from "./settings.ts";
import type { DoctorSystem } from "./system.ts";
import { within } from "./time_limit.ts";

/** Whether the hotkey is registered in a subnet. */
export interface Registration {
  readonly netuid: number;
  /** Undefined if it is not. */
  readonly uid: number | undefined;
}

/** Where a subnet says that the hotkey's axon is; undefined if it says nothing. */
export interface PublishedAxon {
  readonly netuid: number;
  readonly axon: AxonInfo | undefined;
}

/** An axon's address as the chain stores it before there is one. */
const UNSET = new Set(["0.0.0.0", "::"]);
const CLOSE_LIMIT_MS = 2000;

/** Finds each fact when it is first asked for. Each has a time limit of its own. */
export class Facts {
  /** Rejects with what keeps the chain from being opened. */
  readonly openChain: () => Promise<Chain> = once(() => this.#open());
  /** Rejects with what keeps them from being found. */
  readonly findRegistrations: () => Promise<Registration[]> = once(() => this.#registrations());
  /** Rejects with what keeps them from being found. */
  readonly findAxons: () => Promise<PublishedAxon[]> = once(() => this.#axons());
  #opened: Chain | undefined;

  constructor(
    readonly settings: DoctorSettings,
    readonly system: DoctorSystem,
    readonly log: Log,
  ) {}

  /** @throws {NotKnownError} if it could not be opened */
  chain(): Promise<Chain> {
    return known("the chain could not be opened", this.openChain);
  }

  /** @throws {NotKnownError} if they could not be found */
  registrations(): Promise<Registration[]> {
    return known("the hotkey's registrations are not known", this.findRegistrations);
  }

  /** @throws {NotKnownError} if they could not be found */
  axons(): Promise<PublishedAxon[]> {
    return known("what the chain says of the axon is not known", this.findAxons);
  }

  /** @throws {NotKnownError} if the wallet does not tell */
  coldkeyAddress(): Promise<string> {
    const { wallet } = this.settings;
    return known("the coldkey's address is not known", () => wallet.coldkeyAddress());
  }

  /** @throws {NotKnownError} if the wallet does not tell */
  hotkeyAddress(): Promise<string> {
    const { wallet, values } = this.settings;
    return known(
      "the hotkey's address is not known",
      () => wallet.hotkeyAddress(values.walletHotkey),
    );
  }

  /** Closes the chain, if it was opened. */
  async close(): Promise<void> {
    if (!this.#opened) return;
    // A chain that does not even close has been reported already.
    await within(this.system.clock, CLOSE_LIMIT_MS, this.#opened.close()).catch(() => {});
  }

  async #open(): Promise<Chain> {
    const { settings: { values, ledgerFile }, system } = this;
    if (ledgerFile !== undefined && (await system.stat(ledgerFile)).kind !== "file") {
      // Opening it would make one.
      throw new WeftError(`there is no ledger at ${ledgerFile}: name one that a network runs on`);
    }
    const opening = system.openChain(values, this.log);
    try {
      this.#opened = await this.#limited(opening);
      return this.#opened;
    } catch (error) {
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    }
  }

  async #registrations(): Promise<Registration[]> {
    const hotkey = await this.hotkeyAddress();
    const chain = await this.chain();
    const { netuids } = this.settings.values;
    const find = async (): Promise<Registration[]> => {
      const all = (netuids ?? await chain.netuids()).map(async (netuid) => ({
        netuid,
        uid: await chain.uidOf(netuid, hotkey),
      }));
      const found = await Promise.all(all);
      return netuids ? found : found.filter(({ uid }) => uid !== undefined);
    };
    return await this.#limited(find());
  }

  async #axons(): Promise<PublishedAxon[]> {
    const hotkey = await this.hotkeyAddress();
    const chain = await this.chain();
    const registered = (await this.registrations()).filter(({ uid }) => uid !== undefined);
    const find = registered.map(async ({ netuid }) => {
      const axon = await chain.axonOf(netuid, hotkey);
      return { netuid, axon: axon && !UNSET.has(axon.ip) ? axon : undefined };
    });
    return await this.#limited(Promise.all(find));
  }

  #limited<T>(work: Promise<T>): Promise<T> {
    return within(this.system.clock, this.settings.limitMs, work);
  }
}

function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => found ??= find();
}

/** What a check that needs it only to go on gets to know where it cannot be found. */
async function known<T>(reason: string, find: () => T | Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof NotKnownError) throw error;
    throw new NotKnownError(reason, { cause: error });
  }
}
