/**
 * What a host gives to a swarm that runs on one machine.
 *
 * @module
 */
import type { Clock, Http, HttpHandler, Log, RandomBytes, WallClock } from "../host.ts";
import type { PartialHandler } from "../iota/api/server.ts";
import type { ObjectStore } from "../iota/store/object_store.ts";

/** A port of this machine at which a handler answers. */
export interface SwarmListener {
  /** `http://host:port`, to be asked on this machine. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** A store for one run. */
export interface SwarmStore {
  readonly store: ObjectStore;
  /** Serves its addresses. */
  readonly handle: PartialHandler;
  /** Removes all that is in it. */
  remove(): Promise<void>;
}

/** See the module. */
export interface SwarmPlace {
  readonly clock: Clock;
  readonly wallClock: WallClock;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  openHttp(): Http & { close(): void };
  /** @param handler beside which a host may answer paths of its own, such as those of a page */
  listen(handler: HttpHandler): Promise<SwarmListener>;
  /** @param publicUrl where its handler is reached */
  openStore(publicUrl: string): Promise<SwarmStore>;
}
