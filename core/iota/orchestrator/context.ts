/**
 * What every part of an orchestrator works with.
 *
 * @module
 */

import type { Chain } from "../../chain/chain.ts";
import type { Clock, Http, Log, RandomBytes, WallClock } from "../../host.ts";
import type { Signer } from "../../wallet/signer.ts";
import type { ObjectStore } from "../store/object_store.ts";
import type { SwarmSettings } from "./settings.ts";
import type { SwarmState } from "./state.ts";

/** See the module. Parts keep nothing between two requests but what they can do without. */
export interface OrchestratorContext {
  readonly settings: SwarmSettings;
  readonly state: SwarmState;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  /** For calling gradient validators. */
  readonly http: Http;
  /** The orchestrator's hotkey, which signs what it asks of validators. */
  readonly signer: Signer;
  /** Where the subnet is; undefined for a swarm without a chain. */
  readonly chain: Chain | undefined;
  /** What clients repeat in `X-Orchestrator-Version`; a new one makes all register anew. */
  readonly version: string;
}
