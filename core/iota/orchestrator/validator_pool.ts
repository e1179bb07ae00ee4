/**
 * The gradient validators of a swarm: where they answer, and whom each of them tracks.
 *
 * @module
 */

import { WeftError } from "../../errors.ts";
import { ApiClient, UnansweredError } from "../api/client.ts";
import {
  type Answer,
  type Asked,
  VALIDATOR_ROUTES,
  type ValidatorRouteName,
} from "../api/routes.ts";
import type { ValidatorAddress } from "../api/schemas.ts";
import { Refusal } from "../api/service.ts";
import type { OrchestratorContext } from "./context.ts";
import { noteEvent, shortKey } from "./event_log.ts";
import {
  changeRecord,
  listRecords,
  type MinerRecord,
  ValidatorRecord,
  VALIDATORS,
} from "./records.ts";

/** So often in a row a validator may leave a question without an answer. */
const MAX_UNANSWERED = 3;
/** How old the list of validators may be by which uploads are looked at. */
const SNAPSHOT_MS = 1000;
const MAX_PORT = 65_535;
const MAX_HOST_LETTERS = 253;
const HOST = /^[a-z0-9[:][a-z0-9_.:\]-]*$/i;

/** See the module. */
export class ValidatorPool {
  readonly #context: OrchestratorContext;
  readonly #clients = new Map<string, ApiClient>();
  readonly #unanswered = new Map<string, number>();
  #snapshot:
    | { readonly validators: readonly ValidatorRecord[]; readonly readMs: number }
    | undefined;

  constructor(context: OrchestratorContext) {
    this.#context = context;
  }

  /**
   * Takes a validator in, or back; it tracks nobody then.
   * @throws {Refusal} 422 for an address that cannot be one
   */
  async register(hotkey: string, address: ValidatorAddress): Promise<void> {
    const url = urlOf(address);
    if (url === undefined) {
      const { host, port } = address;
      throw new Refusal(422, `${host}:${port} is no address, expected a host and a port`);
    }
    const { state, wallClock, log } = this.#context;
    const record = { hotkey, url, registeredMs: wallClock.unixMs(), tracked: null };
    await changeRecord(state.records, VALIDATORS, hotkey, () => record);
    this.#snapshot = undefined;
    this.#unanswered.delete(hotkey);
    log.info(`validator ${shortKey(hotkey)} answers at ${url}`);
    await noteEvent(this.#context, { kind: "validator", hotkey, text: `answers at ${url}` });
  }

  /** All validators. */
  all(): Promise<ValidatorRecord[]> {
    return listRecords(this.#context.state.records, VALIDATORS);
  }

  /** Those who track a miner, as it was a second ago at most. */
  async trackersOf(hotkey: string): Promise<readonly ValidatorRecord[]> {
    const nowMs = this.#context.clock.nowMs();
    if (!this.#snapshot || nowMs - this.#snapshot.readMs > SNAPSHOT_MS) {
      this.#snapshot = { validators: await this.all(), readMs: nowMs };
    }
    return this.#snapshot.validators.filter(({ tracked }) => tracked?.hotkey === hotkey);
  }

  /**
   * Writes down whom a validator tracks from now on.
   * @returns its record; undefined if somebody else was faster
   */
  async assign(
    validator: ValidatorRecord,
    miner: Pick<MinerRecord, "hotkey" | "layer"> | undefined,
  ): Promise<ValidatorRecord | undefined> {
    const { state, wallClock } = this.#context;
    // Each assignment is another, be it within the same moment.
    const sinceMs = Math.max(wallClock.unixMs(), (validator.tracked?.sinceMs ?? 0) + 1);
    const tracked = miner ? { hotkey: miner.hotkey, layer: miner.layer, sinceMs } : null;
    let assigned: ValidatorRecord | undefined;
    await changeRecord(state.records, VALIDATORS, validator.hotkey, (now) => {
      const isAsSeen = now !== undefined && isSame(now, validator) &&
        now.tracked?.sinceMs === validator.tracked?.sinceMs;
      assigned = isAsSeen ? { ...now, tracked } : undefined;
      return assigned ?? now;
    });
    this.#snapshot = undefined;
    return assigned;
  }

  /**
   * Asks a validator. One that does not answer several times in a row is forgotten until it
   * registers again.
   * @throws {WeftError} as `ApiClient.askRoute`
   */
  async ask<Name extends ValidatorRouteName>(
    validator: ValidatorRecord,
    name: Name,
    asked: Asked<(typeof VALIDATOR_ROUTES)[Name]>,
  ): Promise<Answer<(typeof VALIDATOR_ROUTES)[Name]>> {
    const { hotkey, url } = validator;
    try {
      const answer = await this.#client(url).askRoute(VALIDATOR_ROUTES[name], asked);
      this.#unanswered.delete(hotkey);
      return answer;
    } catch (error) {
      if (error instanceof UnansweredError) await this.#countUnanswered(validator, error);
      throw error;
    }
  }

  #client(url: string): ApiClient {
    const { signer, http, clock, wallClock, randomBytes, log } = this.#context;
    const client = this.#clients.get(url) ??
      new ApiClient({ baseUrl: url, signer, http, clock, wallClock, randomBytes, log });
    this.#clients.set(url, client);
    return client;
  }

  async #countUnanswered(validator: ValidatorRecord, error: WeftError): Promise<void> {
    const { hotkey } = validator;
    const count = (this.#unanswered.get(hotkey) ?? 0) + 1;
    this.#unanswered.set(hotkey, count);
    if (count < MAX_UNANSWERED) return;
    const { state, log } = this.#context;
    let isForgotten = false;
    await changeRecord(state.records, VALIDATORS, hotkey, (now) => {
      // It may answer elsewhere by now.
      isForgotten = now !== undefined && isSame(now, validator);
      return isForgotten ? undefined : now;
    });
    this.#unanswered.delete(hotkey);
    if (!isForgotten) return;
    this.#snapshot = undefined;
    log.warn(`validator ${shortKey(hotkey)} does not answer and is forgotten: ${error.message}`);
    const text = "does not answer and is forgotten";
    await noteEvent(this.#context, { kind: "validator", hotkey, text });
  }
}

/** Whether both are of one registration. */
function isSame(a: ValidatorRecord, b: ValidatorRecord): boolean {
  return a.url === b.url && a.registeredMs === b.registeredMs;
}

/** Undefined if it can be no address. */
function urlOf({ host, port, scheme }: ValidatorAddress): string | undefined {
  if (host.length > MAX_HOST_LETTERS || !HOST.test(host) || port > MAX_PORT) return undefined;
  const plain = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  try {
    return `${scheme}://${new URL(`${scheme}://${plain}:${port}`).host}`;
  } catch {
    return undefined;
  }
}
