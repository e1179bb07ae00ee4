/**
 * Has a miner prove its GPU over its axon: which card it is, by what it computes in a second, and
 * that it really computes.
 *
 * Source: neuralinternet/compute-subnet v1.8.3, `test_miner_gpu` of `neurons/validator.py`.
 *
 * @module
 */

import * as v from "valibot";
import { WeftError } from "../../errors.ts";
import type { Clock, RandomBytes } from "../../host.ts";
import { type AxonTarget, type Dendrite, isSuccess } from "../dendrite.ts";
import { identifyGpu, productTflops } from "../scores/gpu_scores.ts";
import { createSynapse } from "../synapse/synapse.ts";
import type { ProofSeeds } from "./generator.ts";
import { parseProofReply } from "./proof_reply.ts";
import { PROOF_OF_GPU, PROOF_TIMEOUT_S, type ProofMode } from "./proof_synapse.ts";
import { indicesFile, type ProofIndex, seedsFile } from "./published_files.ts";
import { type BenchmarkResult, parseBenchmarkLine, parseComputeLines } from "./published_lines.ts";
import { benchmarkSizes, proofSize } from "./sizes.ts";
import { isInTime, verifyReply } from "./verification.ts";

/** A node has one device. */
const GPU = 0;
/** Upstream asks for one place; a miner that has computed only half a product passes that half the time. */
const PLACES = 8;

/** The line tells two digits. */
const VRAM_ROUNDING_GB = 0.005;
/** From here on there are sizes at all. */
const LEAST_VRAM_GB = 0.001;

const Output = v.object({ text: v.nullable(v.string()), error: v.nullable(v.string()) });
const GpuInfo = v.object({
  num_gpus: v.literal(1),
  gpu_names: v.pipe(v.array(v.string()), v.length(1)),
});

/** What a round works with. */
export interface ProofRoundOptions {
  readonly dendrite: Pick<Dendrite, "call">;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/** What was proven. */
export interface ProvenMiner {
  /** As the table of known cards has it. */
  readonly gpuName: string;
  readonly gpuCount: number;
}

/**
 * One proof.
 *
 * @throws {WeftError} if the miner does not answer, or proves nothing, with the reason
 */
export async function proveMiner(
  options: ProofRoundOptions,
  target: AxonTarget,
  signal: AbortSignal,
): Promise<ProvenMiner> {
  const asked = new ProofRound(options, target, signal);
  const info = v.safeParse(v.pipe(v.string(), v.parseJson(), GpuInfo), await asked.ask("gpu_info"));
  if (!info.success) throw new WeftError("gpu_info cannot be read, expected one GPU");
  const benchmark = parseBenchmarkLine(await asked.ask("benchmark"));
  const gpuName = cardOf(benchmark, info.output.gpu_names[0]);
  await asked.prove(benchmark);
  return { gpuName, gpuCount: 1 };
}

class ProofRound {
  constructor(
    readonly options: ProofRoundOptions,
    readonly target: AxonTarget,
    readonly signal: AbortSignal,
  ) {}

  /** What the miner prints. @throws {WeftError} if it prints nothing */
  async ask(mode: ProofMode, files: { seeds?: string; indices?: string } = {}): Promise<string> {
    const { seeds = "", indices = "" } = files;
    const synapse = createSynapse(PROOF_OF_GPU, { mode, seeds, indices, output: {} });
    const { dendrite } = this.options;
    const answer = await dendrite.call(this.target, synapse, {
      timeoutS: PROOF_TIMEOUT_S,
      signal: this.signal,
    });
    if (!isSuccess(answer)) {
      const { statusCode, statusMessage } = answer.dendrite;
      throw new WeftError(`${mode} is answered ${statusCode}: ${oneLine(statusMessage ?? "")}`);
    }
    const output = v.safeParse(Output, answer.fields.output);
    if (!output.success) throw new WeftError(`${mode} has an answer that cannot be read`);
    const { text, error } = output.output;
    if (text === null) throw new WeftError(`${mode} has failed: ${oneLine(error ?? "no reason")}`);
    return text;
  }

  /** Seeds, a root in time, then places that nobody knew before, and what stands there. */
  async prove({ vramGb, fp32Seconds }: BenchmarkResult): Promise<void> {
    const { clock } = this.options;
    const n = proofSize(vramGb);
    const seeds: ProofSeeds = { a: this.#seed(), b: this.#seed() };
    const startMs = clock.nowMs();
    const lines = await this.ask("compute", {
      seeds: seedsFile({ n, seeds: new Map([[GPU, seeds]]) }),
    });
    const wallSeconds = (clock.nowMs() - startMs) / 1000;
    const claims = parseComputeLines(lines);
    const claim = claims.find(({ gpu }) => gpu === GPU);
    if (!claim || claims.length !== 1) throw new WeftError("compute is not of the one GPU");
    if (claim.timings.n !== n) throw new WeftError(`compute is of n ${claim.timings.n}, not ${n}`);
    if (!isInTime(claims, wallSeconds, fp32Seconds)) {
      throw new WeftError(`compute took ${wallSeconds.toFixed(1)} s, too long for its benchmark`);
    }
    const indices = Array.from(
      { length: PLACES },
      (): ProofIndex => [this.#below(n), this.#below(n)],
    );
    const reply = await this.ask("proof", { indices: indicesFile(new Map([[GPU, indices]])) });
    const fault = verifyReply({ n, seeds, root: claim.root, indices }, parseProofReply(reply));
    if (fault !== undefined) throw new WeftError(`the proof is wrong: ${fault}`);
  }

  #seed(): bigint {
    return new DataView(this.options.randomBytes(8).buffer).getBigUint64(0);
  }

  /** A bias of n in 2^32 tells nobody where to look. */
  #below(n: number): number {
    return new DataView(this.options.randomBytes(4).buffer).getUint32(0) % n;
  }
}

/** @throws {WeftError} if a figure is missing, without which no card is known */
function cardOf(benchmark: BenchmarkResult, reportedName: string): string {
  const { vramGb, fp16Size, fp16Seconds, fp32Size, fp32Seconds } = benchmark;
  if (fp16Seconds === undefined) throw new WeftError("its f16 was not measured: no card is known");
  if (!(fp16Seconds > 0 && fp32Seconds > 0)) throw new WeftError("it says it took no time");
  checkSizes(benchmark);
  return identifyGpu({
    ...{ vramGb, f16Tflops: productTflops(fp16Size, fp16Seconds) },
    f32Tflops: productTflops(fp32Size, fp32Seconds),
  }, reportedName);
}

/**
 * Larger matrices take longer at the same rate, and the time of a benchmark bounds that of a proof.
 *
 * @throws {WeftError} if the sizes are not those of the memory that it tells
 */
function checkSizes({ vramGb, fp16Size, fp32Size }: BenchmarkResult): void {
  const least = benchmarkSizes(Math.max(vramGb - VRAM_ROUNDING_GB, LEAST_VRAM_GB));
  const most = benchmarkSizes(vramGb + VRAM_ROUNDING_GB);
  const isRight = fp16Size >= least.fp16 && fp16Size <= most.fp16 && fp32Size >= least.fp32 &&
    fp32Size <= most.fp32;
  if (isRight) return;
  throw new WeftError(
    `its benchmark is of ${fp16Size} and ${fp32Size}, expected ${most.fp16} and ${most.fp32}`,
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, 200);
}
