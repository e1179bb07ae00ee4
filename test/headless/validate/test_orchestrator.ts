/**
 * An orchestrator for one validator on loopback: a test swarm behind real HTTP, which asks the
 * validator under its own signature.
 *
 * @module
 */

import { ApiClient } from "../../../core/iota/api/client.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import type { ValidatorAddress } from "../../../core/iota/api/schemas.ts";
import {
  chainHandlers,
  jsonAnswer,
  matchRoutes,
  type PartialHandler,
} from "../../../core/iota/api/server.ts";
import { Refusal } from "../../../core/iota/api/service.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { processClock, processWallClock } from "../../../headless/deno_host.ts";
import { type HttpListener, listenHttp } from "../../../headless/http_server.ts";
import { type NodeHttp, nodeHttp } from "../../../headless/node_http.ts";
import { TestSwarm } from "../../iota/gradient_validator/test_swarm.ts";

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** See the module. */
export class TestOrchestrator {
  readonly swarm = new TestSwarm();
  /** Where the validator says that it answers. */
  readonly registered = Promise.withResolvers<ValidatorAddress>();
  /** What it tells of its swarm; undefined for an orchestrator that tells nothing. */
  overview: unknown;
  /** Whether validators are refused. */
  refuses = false;
  #listener: HttpListener | undefined;
  readonly #http: NodeHttp = nodeHttp();

  /** Begins to answer. */
  async open(): Promise<void> {
    const told: PartialHandler = ({ target }) =>
      this.overview !== undefined && target === "/orchestrator/overview"
        ? Promise.resolve(jsonAnswer(200, this.overview))
        : undefined;
    const handler = chainHandlers(told, this.#routes(), this.#files());
    const options = { hostname: "127.0.0.1", port: 0, log: quiet };
    this.#listener = await listenHttp(handler, options);
    this.swarm.filesUrl = `${this.url}/files/`;
  }

  get url(): string {
    if (!this.#listener) throw new TypeError("it does not answer yet");
    return this.#listener.url;
  }

  /** Asks the validator, as //Alice. */
  async client(): Promise<ApiClient> {
    const { scheme, host, port } = await this.registered.promise;
    return new ApiClient({
      ...{ baseUrl: `${scheme}://${host}:${port}`, signer: Keypair.fromUri("//Alice") },
      ...{ http: this.#http, clock: processClock, wallClock: processWallClock, log: quiet },
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
  }

  async close(): Promise<void> {
    this.#http.close();
    await this.#listener?.close();
  }

  #routes(): PartialHandler {
    const { swarm } = this;
    const { registerValidator, globalScores, submitScores } = ROUTES;
    const { downloadActivation, learningRate, layerWeights } = ROUTES;
    return matchRoutes(
      {
        ...{ registerValidator, globalScores, submitScores },
        ...{ downloadActivation, learningRate, layerWeights },
      },
      {
        registerValidator: ({ query }) => {
          if (this.refuses) throw new Refusal(403, "Hotkey is not a validator");
          this.registered.resolve(query);
          return swarm.ask("registerValidator", { query });
        },
        globalScores: () => swarm.ask("globalScores", {}),
        submitScores: ({ body }) => swarm.ask("submitScores", { body }),
        downloadActivation: ({ body }) => swarm.ask("downloadActivation", { body }),
        learningRate: () => swarm.ask("learningRate", {}),
        layerWeights: ({ query }) => swarm.ask("layerWeights", { query }),
      },
      { clock: processClock, wallClock: processWallClock, log: quiet, rateFactor: Infinity },
    );
  }

  #files(): PartialHandler {
    return ({ target, headers }) => {
      const bytes = this.swarm.files.get(`${this.url}${target}`);
      if (!bytes) return undefined;
      const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "") ?? [];
      if (start === undefined) return Promise.resolve({ status: 200, headers: {}, body: bytes });
      const range = `bytes ${start}-${last}/${bytes.length}`;
      return Promise.resolve({
        status: 206,
        headers: { "content-range": range },
        body: bytes.slice(Number(start), Number(last) + 1),
      });
    };
  }
}
