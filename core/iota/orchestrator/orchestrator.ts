/**
 * The orchestrator, put together from its parts: what it answers, and what it does by the clock.
 *
 * It keeps nothing that is not in its state, so several may stand behind one address and any of them
 * may die.
 *
 * @module
 */

import type { HttpHandler } from "../../host.ts";
import { openToPages } from "../api/cross_origin.ts";
import { chainHandlers, matchRoutes, type ServerOptions } from "../api/server.ts";
import { ROUTES } from "../api/routes.ts";
import { Activations } from "./activations.ts";
import { ChainWeights } from "./chain_weights.ts";
import type { OrchestratorContext } from "./context.ts";
import { DASHBOARD_ROUTES, dashboardRoutes } from "./dashboard_routes.ts";
import { Dashboards } from "./dashboards.ts";
import { mergeRoutes } from "./merge_routes.ts";
import { Merging } from "./merging.ts";
import { Phases } from "./phases.ts";
import type { LayerRecord } from "./records.ts";
import { Registry } from "./registry.ts";
import { scoreRoutes } from "./score_routes.ts";
import { Scores } from "./scores.ts";
import { SpotChecks } from "./spot_checks.ts";
import { trainingRoutes } from "./training_routes.ts";
import { ValidatorPool } from "./validator_pool.ts";

/** What is due in a merge is looked for this often, beside what requests set off. */
const MERGE_TICK_MS = 1000;
/** The gone, old files, validators and the chain are looked after this often. */
const CARE_TICK_MS = 10_000;

/** Where signatures are checked. */
export type OrchestratorOptions = Pick<ServerOptions, "checkSignature">;

/** See the module. */
export class Orchestrator {
  /** Answers all routes. */
  readonly handler: HttpHandler;
  readonly dashboards: Dashboards;
  readonly #context: OrchestratorContext;
  readonly #registry: Registry;
  readonly #phases: Phases;
  readonly #activations: Activations;
  readonly #merging: Merging;
  readonly #checks: SpotChecks;
  readonly #chainWeights: ChainWeights;

  constructor(context: OrchestratorContext, options: OrchestratorOptions = {}) {
    this.#context = context;
    const registry = this.#registry = new Registry(context);
    const phases = this.#phases = new Phases(context, registry);
    const scores = new Scores(context);
    const pool = new ValidatorPool(context);
    const checks = this.#checks = new SpotChecks(context, pool, registry);
    const activations = this.#activations = new Activations(context, registry, phases, {
      backwardDone: () => phases.considerMerging(),
      uploaded: (upload) => checks.uploaded(upload),
    });
    const merging = this.#merging = new Merging(context, registry, phases, {
      weightsUploaded: (hotkey, uploaded) => checks.weightsUploaded(hotkey, uploaded),
      roundEnded: (layer, merges) => checks.roundEnded(layer, merges),
    });
    this.#chainWeights = new ChainWeights(context, scores);
    this.dashboards = new Dashboards(context, { globalScores: () => scores.global() });
    const { clock, wallClock, log, version, settings: { rateFactor } } = context;
    const server: ServerOptions = {
      ...{ clock, wallClock, log, version, rateFactor, ...options },
      admit: (hotkey, access) => registry.admit(hotkey, access),
    };
    const handlers = {
      ...trainingRoutes({ context, registry, activations, phases }),
      ...mergeRoutes({ context, phases, merging }),
      ...scoreRoutes({ context, scores, pool }),
    };
    this.handler = openToPages(chainHandlers(
      matchRoutes(ROUTES, handlers, server),
      matchRoutes(DASHBOARD_ROUTES, dashboardRoutes(this.dashboards), server),
    ));
  }

  /** Does what is due by the clock until the signal; what fails is logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#every(MERGE_TICK_MS, signal, [["merging", () => this.#merging.tick()]]),
      this.#every(CARE_TICK_MS, signal, [
        ["looking for miners that have gone", () => this.#registry.removeGone()],
        ["removing old activations", () => this.#activations.dropRound()],
        ["looking after validators", () => this.#checks.tick()],
        ["setting weights", () => this.#chainWeights.tick()],
      ]),
    ]);
    this.#checks.close();
  }

  /** The layers, if no batch is under way and no merge is, or is due. */
  async quietLayers(): Promise<LayerRecord[] | undefined> {
    if (await this.#phases.isMergeDue()) return undefined;
    const miners = await this.#registry.all();
    const layers = await this.#phases.all();
    const isQuiet = layers.every(({ phase }) => phase === "is_training") &&
      miners.every(({ cached }) => cached.length === 0);
    return isQuiet ? layers : undefined;
  }

  async #every(
    periodMs: number,
    signal: AbortSignal,
    duties: readonly (readonly [what: string, duty: () => Promise<void>])[],
  ): Promise<void> {
    const { clock, log } = this.#context;
    while (!signal.aborted) {
      for (const [what, duty] of duties) {
        try {
          await duty();
        } catch (error) {
          log.error(`${what} failed: ${error instanceof Error ? error.message : error}`);
        }
      }
      await clock.sleep(periodMs, signal);
    }
  }
}
