/**
 * The proof of GPU over an axon, for nodes into which nobody logs in: what the published script reads
 * and prints goes through a synapse of our own.
 *
 * The order is the script's: a root is told before the places are named, so that only who has
 * computed the whole can answer.
 *
 * @module
 */

import * as v from "valibot";
import { UsageError, WeftError } from "../../errors.ts";
import type { Clock, Log } from "../../host.ts";
import type { AxonCall, AxonRoute } from "../axon/axon.ts";
import { pythonDict } from "../synapse/python_fields.ts";
import type { FieldsOf, SynapseKind } from "../synapse/synapse.ts";
import type { ProofOfGpu } from "./proof_of_gpu.ts";
import { proofReplyText } from "./proof_reply.ts";
import { parseSeeds } from "./published_files.ts";
import { benchmarkLine, computeLines, gpuInfoText } from "./published_lines.ts";
import { proofSize } from "./sizes.ts";

const text = v.optional(v.string(), "");

/** Prove the GPU; `output` has the script's text, or why there is none. */
export const PROOF_OF_GPU = {
  name: "ProofOfGpu",
  fields: {
    /** As the script's `--mode`. */
    mode: text,
    /** `seeds.txt`, for `compute`. */
    seeds: text,
    /** `challenge_indices.txt`, for `proof`. */
    indices: text,
    output: v.optional(pythonDict, {}),
  },
  hashFields: ["mode", "seeds", "indices"],
} as const satisfies SynapseKind;

/** The script's modes. */
export const PROOF_MODES = ["gpu_info", "benchmark", "compute", "proof"] as const;

/** One of {@linkcode PROOF_MODES}. */
export type ProofMode = (typeof PROOF_MODES)[number];

/** A validator's time for one mode; the whole may take five minutes. */
export const PROOF_TIMEOUT_S = 300;
/** How long a product waits for its places. */
const KEPT_MS = 60_000;
/** Rows of n values in hex. */
const MAX_BODY_BYTES = 1024 ** 2;

type Call = AxonCall<typeof PROOF_OF_GPU>;
type Fields = FieldsOf<typeof PROOF_OF_GPU>;

/** What the route works with. */
export interface ProofRouteOptions {
  /** Opens the GPU for one proof; what it gives is used until `close`. */
  readonly open: () => Promise<{ readonly proof: ProofOfGpu; close(): void }>;
  /** The card's memory as the script counts it; decides the sizes of the benchmark. */
  readonly vramGb: () => Promise<number>;
  /** Keeps other work off the GPU meanwhile. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly log: Log;
  readonly clock: Clock;
}

/** A proof under way: of one validator at a time. */
interface OpenProof {
  readonly hotkey: string;
  readonly proof: ProofOfGpu;
  close(): void;
}

/** See the module. */
export class ProofDesk {
  #open: OpenProof | undefined;
  #isBusy = false;
  /** Aborted when what is open is closed. */
  #closed = new AbortController();

  constructor(readonly options: ProofRouteOptions) {}

  /** For an axon. */
  route(
    admission: Pick<AxonRoute<typeof PROOF_OF_GPU>, "blacklist" | "priority">,
  ): AxonRoute<typeof PROOF_OF_GPU> {
    return {
      kind: PROOF_OF_GPU,
      maxBodyBytes: MAX_BODY_BYTES,
      forward: (call) => this.answer(call),
      ...admission,
    };
  }

  /** Fields of the answer: what is wrong stands in `output.error`. */
  async answer(call: Call): Promise<Fields> {
    const { synapse: { fields }, hotkey } = call;
    const plain = { ...fields, seeds: "", indices: "" };
    try {
      return { ...plain, output: { text: await this.#run(call), error: null } };
    } catch (error) {
      if (!(error instanceof WeftError)) throw error;
      this.options.log.info(`proof of GPU for ${hotkey}: ${error.message}`);
      return { ...plain, output: { text: null, error: error.message } };
    }
  }

  /** Frees the GPU. */
  close(): void {
    this.#open?.close();
    this.#open = undefined;
    this.#closed.abort();
    this.#closed = new AbortController();
  }

  async #run(call: Call): Promise<string> {
    const mode = PROOF_MODES.find((known) => known === call.synapse.fields.mode);
    if (mode === undefined) throw new UsageError(`mode is one of ${PROOF_MODES.join(", ")}`);
    if (this.#isBusy) throw new WeftError("another proof is under way, try again later");
    this.#isBusy = true;
    try {
      return await this.options.alone(() => this.#textOf(mode, call));
    } finally {
      this.#isBusy = false;
    }
  }

  async #textOf(mode: ProofMode, { synapse: { fields }, hotkey, signal }: Call): Promise<string> {
    if (mode === "compute") return computeLines(await this.#compute(fields.seeds, hotkey, signal));
    if (mode === "proof") {
      if (this.#open?.hotkey !== hotkey) throw new UsageError("compute comes before proof");
      try {
        return proofReplyText(await this.#open.proof.prove(fields.indices, signal));
      } finally {
        // A root that was answered for once proves nothing a second time.
        this.close();
      }
    }
    const { proof, close } = await this.options.open();
    try {
      if (mode === "gpu_info") return gpuInfoText(proof.gpuInfo().gpu_names);
      return benchmarkLine(await proof.benchmark(await this.options.vramGb(), signal));
    } finally {
      close();
    }
  }

  /** The product is kept for its validator's places, for a while. */
  async #compute(
    seeds: string,
    hotkey: string,
    signal: AbortSignal,
  ): ReturnType<ProofOfGpu["compute"]> {
    if (this.#open && this.#open.hotkey !== hotkey) {
      throw new WeftError("another validator's proof is under way, try again later");
    }
    // As the validator reads it from the benchmark's line.
    const most = proofSize(Number((await this.options.vramGb()).toFixed(2)));
    const { n } = parseSeeds(seeds);
    if (n > most) throw new UsageError(`n is ${n}, expected ${most} at most for this card`);
    this.close();
    const opened = { hotkey, ...await this.options.open() };
    try {
      const claims = await opened.proof.compute(seeds, signal);
      this.#open = opened;
      void this.#forgetLater(opened);
      return claims;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  async #forgetLater(opened: OpenProof): Promise<void> {
    await this.options.clock.sleep(KEPT_MS, this.#closed.signal);
    if (this.#open === opened) this.close();
  }
}
