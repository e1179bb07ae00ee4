/**
 * One run of an orchestrator: opens what the flags name, answers until it is stopped, and closes
 * everything again, whatever happened.
 *
 * @module
 */

import type { Chain } from "../../core/chain/chain.ts";
import { WeftError } from "../../core/errors.ts";
import type { Http, HttpHandler, Log } from "../../core/host.ts";
import { chainHandlers, jsonAnswer, type PartialHandler } from "../../core/iota/api/server.ts";
import type { SwarmSettings } from "../../core/iota/orchestrator/settings.ts";
import type { Signer } from "../../core/wallet/signer.ts";
import type { Screen } from "../screen.ts";
import type { OrchestrateValues } from "./flags.ts";
import { pageHandler } from "./page_handler.ts";
import { publicUrl, type StatePlace, type StorePlace } from "./places.ts";
import { OrchestrateReport } from "./report.ts";
import { swarmVersion } from "./swarm_settings.ts";
import type { OrchestrateSystem } from "./system.ts";

/** What a session is made of; everything about the flags has been judged. */
export interface SessionOptions {
  readonly system: OrchestrateSystem;
  readonly values: OrchestrateValues;
  readonly settings: SwarmSettings;
  readonly places: { readonly state: StatePlace; readonly store: StorePlace };
  readonly signer: Signer;
  readonly screen: Screen;
  readonly log: Log;
}

/** Runs until the signal. @throws {WeftError} if something cannot be opened */
export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<void> {
  const { system, values, settings, log } = options;
  await using open = new AsyncDisposableStack();
  const chain = await openChain(options);
  open.defer(() => quietly(log, "chain", chain?.close()));
  const http = system.openHttp();
  open.defer(() => http.close());
  const state = await system.openState(options.places.state, log);
  open.defer(() => quietly(log, "state", state.close()));
  // The port may be any free one, and the store's addresses hold it: so who asks too early waits.
  let handler: HttpHandler = starting;
  const listener = await system.listen((request) => handler(request), {
    ...{ hostname: values.host, port: values.port, log },
  });
  open.defer(() => listener.close());
  const url = publicUrl(values, listener.port);
  const { store, handle } = await openStore(options, url, http);
  const orchestrator = system.createOrchestrator({
    ...{ settings, state, store, log, http, chain },
    ...{ clock: system.clock, wallClock: system.wallClock, randomBytes: system.randomBytes },
    signer: options.signer,
    version: swarmVersion(settings),
  });
  handler = chainHandlers(pageHandler, handle ?? unhandled, orchestrator.handler);
  const report = new OrchestrateReport(options.screen, {
    ...{ isJson: values.json, everyMs: values.reportEvery },
  });
  report.started({ ...startedLine(options), url: listener.url, publicUrl: url });
  // An orchestrator that fails ends the report too.
  const failed = new AbortController();
  open.defer(() => failed.abort());
  await Promise.all([
    orchestrator.run(signal),
    report.follow(
      orchestrator.dashboards,
      { clock: system.clock, log },
      AbortSignal.any([signal, failed.signal]),
    ),
  ]);
}

/** Nothing is handled elsewhere than by this process. */
const unhandled: PartialHandler = () => undefined;

function starting(): ReturnType<HttpHandler> {
  return Promise.resolve(jsonAnswer(503, { detail: "Starting" }, { "retry-after": "1" }));
}

function startedLine({ settings, signer }: SessionOptions): {
  readonly kind: "started";
  readonly hotkey: string;
  readonly version: string;
  readonly model: string;
  readonly layers: number;
  readonly netuid: number;
} {
  const { model, netuid } = settings;
  return {
    kind: "started",
    hotkey: signer.address,
    version: swarmVersion(settings),
    ...{ model: model.name, layers: model.splits.length, netuid },
  };
}

/** The chain of the flags; none for an open swarm that names none. */
async function openChain({ system, values, log }: SessionOptions): Promise<Chain | undefined> {
  const { open, subtensorNetwork, subtensorChainEndpoint } = values;
  if (open && subtensorNetwork === undefined && subtensorChainEndpoint === undefined) {
    return undefined;
  }
  return await system.openChain({ subtensorNetwork, subtensorChainEndpoint }, log);
}

async function openStore(
  { system, places, log }: SessionOptions,
  url: string,
  http: Http,
): ReturnType<OrchestrateSystem["openStore"]> {
  return await system.openStore(places.store, { publicUrl: url, http, log });
}

/** What does not close at the end keeps nobody. */
async function quietly(log: Log, name: string, closing: Promise<void> | undefined): Promise<void> {
  try {
    await closing;
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    log.debug(`the ${name} did not close: ${error.message}`);
  }
}
