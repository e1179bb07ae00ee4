/**
 * A connection to a Subtensor node: plain JSON-RPC, and the library's object for the chain's runtime.
 *
 * @module
 */

import type { ApiPromise } from "@polkadot/api";
import { UsageError, WeftError } from "../../errors.ts";
import { askGenesisHash, askRuntimeVersion, loadApi, readRuntimeVersion } from "./library_api.ts";
import { ForeignChainError, RpcClient, type RpcClientSettings } from "./rpc_client.ts";
import { RpcError } from "./rpc_message.ts";
import type { RpcSocket, RpcSubscription } from "./rpc_socket.ts";
import { seconds, withinTime } from "./time_limit.ts";

/** See the module. It lives through cuts and runtime upgrades, until it is closed. */
export interface Connection {
  /**
   * The library's object for the runtime that the chain has now. An upgrade replaces it, so keep
   * neither it nor anything of it. It makes single requests only; {@linkcode subscribe} subscribes.
   */
  readonly api: ApiPromise;
  /** 0x and 64 digits. */
  readonly genesisHash: string;
  /**
   * Waits until the chain can be asked, and its runtime is known.
   *
   * @throws {WeftError} if that takes longer than the time limit
   */
  ready(): Promise<void>;
  /**
   * One request. It waits for the connection, and is repeated when that was cut on the way: for
   * reads, and for what the node takes once only.
   *
   * @throws {RpcError} if the node refuses
   * @throws {WeftError} if it does not answer in time
   */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /**
   * Subscribes. Resolves when the node has taken it, with a function that ends it.
   *
   * @throws {RpcError} if the node refuses
   * @throws {WeftError} if it does not answer, or was cut on the way: it may have heard it
   */
  subscribe(subscription: RpcSubscription): Promise<() => void>;
  close(): Promise<void>;
}

/**
 * Connects to a node.
 *
 * @throws {UsageError} if the address is none
 * @throws {WeftError} if that takes longer than the time limit, or what answers is no Subtensor node
 */
export async function openConnection(settings: RpcClientSettings): Promise<Connection> {
  const { clock, endpoint, timeoutMs } = settings;
  const connection = new NodeConnection(settings);
  const late = (): Error =>
    new WeftError(`no answer from ${endpoint} within ${seconds(timeoutMs)}`);
  try {
    await withinTime(clock, timeoutMs, connection.open(), late);
    return connection;
  } catch (error) {
    await connection.close();
    throw explained(error, endpoint);
  }
}

/** Says where it happened, and what to do. */
function explained(error: unknown, endpoint: string): unknown {
  if (!(error instanceof WeftError) || error instanceof UsageError) return error;
  const what = error instanceof RpcError
    ? `${endpoint} is no Subtensor node: ${error.message}`
    : error.message.includes(endpoint)
    ? error.message
    : `${endpoint}: ${error.message}`;
  const advice = "check the address, or choose another with --subtensor.chain_endpoint";
  return new WeftError(`${what}: ${advice}`, { cause: error });
}

class NodeConnection implements Connection {
  readonly #settings: RpcClientSettings;
  readonly #client: RpcClient;
  #genesisHash = "";
  #api: ApiPromise | undefined;
  /** Settles when no upgrade is under way. */
  #upgrading: Promise<void> = Promise.resolve();

  constructor(settings: RpcClientSettings) {
    this.#settings = settings;
    this.#client = new RpcClient(settings, (socket) => this.#greet(socket));
  }

  get api(): ApiPromise {
    if (this.#api === undefined) throw new Error("the connection is not open");
    return this.#api;
  }

  get genesisHash(): string {
    return this.#genesisHash;
  }

  async open(): Promise<void> {
    await this.#client.open();
    this.#api = await loadApi((method, params) => this.request(method, params), this.#genesisHash);
    await this.#client.subscribe({
      method: "state_subscribeRuntimeVersion",
      unsubscribe: "state_unsubscribeRuntimeVersion",
      params: [],
      onItem: (version) => this.#follow(version),
    });
  }

  async ready(): Promise<void> {
    await this.#client.ready();
    await this.#upgrading;
  }

  request(method: string, params: readonly unknown[]): Promise<unknown> {
    return this.#client.request(method, params);
  }

  subscribe(subscription: RpcSubscription): Promise<() => void> {
    return this.#client.subscribe(subscription);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A new socket leads to the same chain, or is not used. */
  async #greet(socket: RpcSocket): Promise<void> {
    const { endpoint, timeoutMs } = this.#settings;
    const ask = (method: string, params: readonly unknown[]): Promise<unknown> =>
      socket.request(method, params, timeoutMs);
    const genesisHash = await askGenesisHash(ask);
    if (this.#genesisHash === "") this.#genesisHash = genesisHash;
    if (this.#genesisHash !== genesisHash) {
      throw new ForeignChainError(
        `${endpoint} serves another chain than before: its genesis is ${genesisHash}, ` +
          `not ${this.#genesisHash}`,
      );
    }
    if (this.#api !== undefined) this.#upgradeTo((await askRuntimeVersion(ask)).specVersion);
  }

  #follow(version: unknown): void {
    try {
      this.#upgradeTo(readRuntimeVersion(version).specVersion);
    } catch (error) {
      this.#settings.log.warn(String(error));
    }
  }

  /** Replaces the library's object, if the chain has another runtime than it. */
  #upgradeTo(specVersion: number): void {
    this.#upgrading = this.#upgrading.then(() => this.#reload(specVersion));
  }

  async #reload(specVersion: number): Promise<void> {
    if (this.#api?.runtimeVersion.specVersion.toNumber() === specVersion) return;
    const { log, endpoint } = this.#settings;
    try {
      this.#api = await loadApi(
        (method, params) => this.request(method, params),
        this.#genesisHash,
      );
      log.info(
        `the chain of ${endpoint} has a new runtime: spec ${this.#api.runtimeVersion.specVersion}`,
      );
    } catch (error) {
      log.warn(`the new runtime of ${endpoint} cannot be read: ${error}`);
    }
  }
}
