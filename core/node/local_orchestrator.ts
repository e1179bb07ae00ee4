/**
 * The orchestrator of a swarm that runs on one machine: its state in memory, its store in a place of
 * the host's, behind a port.
 *
 * @module
 */
import type { Http, HttpHandler } from "../host.ts";
import { chainHandlers, jsonAnswer } from "../iota/api/server.ts";
import { MemoryState } from "../iota/orchestrator/memory_state.ts";
import { Orchestrator } from "../iota/orchestrator/orchestrator.ts";
import type { LayerRecord } from "../iota/orchestrator/records.ts";
import type { SwarmSettings } from "../iota/orchestrator/settings.ts";
import { Keypair } from "../wallet/keypair.ts";
import { readyKeys } from "../wallet/ready.ts";
import { quietLog } from "./quiet_log.ts";
import type { SwarmPlace } from "./swarm_place.ts";

const SEED_BYTES = 32;
const VERSION = "local";

/** See the module. */
export class LocalOrchestrator {
  private constructor(
    readonly settings: SwarmSettings,
    /** `http://host:port` */
    readonly url: string,
    readonly hotkey: string,
    readonly http: Http,
    readonly orchestrator: Orchestrator,
    readonly opened: AsyncDisposableStack,
  ) {}

  /** @throws {WeftError} if no port can be had, or the store has no place */
  static async open(settings: SwarmSettings, place: SwarmPlace): Promise<LocalOrchestrator> {
    await readyKeys();
    await using opening = new AsyncDisposableStack();
    const http = place.openHttp();
    opening.defer(() => http.close());
    // The store's addresses hold the port, which is known only once there is a listener.
    let handler: HttpHandler = () => Promise.resolve(jsonAnswer(503, { detail: "Starting" }));
    const listener = await place.listen((request) => handler(request));
    opening.defer(() => listener.close());
    const { store, handle, remove } = await place.openStore(listener.url);
    opening.defer(remove);
    const { clock, wallClock, randomBytes } = place;
    const log = quietLog(place.log);
    const signer = Keypair.fromSeed(randomBytes(SEED_BYTES));
    const orchestrator = new Orchestrator({
      ...{ settings, store, clock, wallClock, randomBytes, log, http, signer },
      ...{ state: new MemoryState(wallClock), chain: undefined, version: VERSION },
    });
    handler = chainHandlers(handle, orchestrator.handler);
    const { url } = listener;
    const opened = opening.move();
    return new LocalOrchestrator(settings, url, signer.address, http, orchestrator, opened);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.orchestrator.run(signal);
  }

  /** The layers, if no batch is under way and no merge is, or is due. */
  quietLayers(): Promise<LayerRecord[] | undefined> {
    return this.orchestrator.quietLayers();
  }

  async close(): Promise<void> {
    await this.opened.disposeAsync();
  }
}
