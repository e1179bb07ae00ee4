/**
 * What the steps of the story act on.
 *
 * @module
 */

import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import type { Receipt } from "../../../core/chain/receipt.ts";
import type { CallContext } from "../../../core/chain/subtensor/call_context.ts";
import { CallMaker } from "../../../core/chain/subtensor/call_maker.ts";
import { type Connection, openConnection } from "../../../core/chain/subtensor/connection.ts";
import type { Extrinsic } from "../../../core/chain/subtensor/extrinsics.ts";
import { openSubtensor } from "../../../core/chain/subtensor/subtensor.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Log } from "../../../core/host.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import type { Signer } from "../../../core/wallet/signer.ts";
import { openSocket, processClock } from "../../../headless/deno_host.ts";
import { startChopsticks } from "./chopsticks.ts";
import { Sudo } from "./sudo.ts";

/** The subnet that the spec has besides the root. */
export const NETUID = 1;

/** A named part of the story. */
export type Step = readonly [name: string, step: (world: World) => Promise<void>];

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const SETTINGS = {
  network: "local",
  log: SILENT,
  clock: processClock,
  openSocket,
  timeoutMs: 20_000,
};

/** A node with a chain, and the keys that use it. */
export class World {
  readonly coldkey = Keypair.fromUri("//Story//coldkey");
  readonly hotkey = Keypair.fromUri("//Story//hotkey");

  constructor(
    /** The node itself. */
    readonly endpoint: string,
    readonly chain: Chain,
    readonly connection: Connection,
    readonly sudo: Sudo,
  ) {}

  /** Opens the chain at another address. */
  open(endpoint: string): Promise<Chain> {
    return openSubtensor({
      endpoint,
      network: "local",
      log: SILENT,
      clock: processClock,
      openSocket,
    });
  }

  /** Makes a call without our own checks, so that the chain has to refuse it. */
  unchecked(
    signer: Signer,
    context: CallContext,
    build: (api: Connection["api"]) => Extrinsic,
  ): Promise<Receipt> {
    const maker = new CallMaker(this.connection, this.chain, SETTINGS);
    const prepare = (api: Connection["api"]): Promise<Extrinsic> => Promise.resolve(build(api));
    return maker.make(signer, undefined, { context, label: "a call", isPayment: true, prepare });
  }

  async freeRao(address: string): Promise<bigint> {
    return (await this.chain.balance(address)).freeRao;
  }
}

/** Starts a node, opens it, and ends everything afterwards, whatever happens. */
export async function withWorld(
  spec: string,
  command: string | undefined,
  body: (world: World) => Promise<void>,
): Promise<void> {
  await readyKeys();
  const node = await startChopsticks(spec, command);
  try {
    const settings = { ...SETTINGS, endpoint: node.endpoint };
    const connection = await openConnection(settings);
    const chain = await openSubtensor(settings);
    const sudo = await Sudo.open(node.endpoint);
    await body(new World(node.endpoint, chain, connection, sudo));
    await Promise.all([sudo.close(), chain.close(), connection.close()]);
  } finally {
    await node.stop();
  }
}

/** The message with which something is refused. */
export async function refusal(made: Promise<unknown>): Promise<string> {
  const error = await made.then(() => undefined, (error) => error);
  assert.instanceOf(error, WeftError);
  return error.message;
}
