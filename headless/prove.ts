/**
 * `deno task prove`: proves what the GPU computes, as the published script of the compute network
 * does, with its files and its lines.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { type ProofOfGpu, proofOfGpu } from "../core/compute/proof_of_gpu/proof_of_gpu.ts";
import { proofReplyText } from "../core/compute/proof_of_gpu/proof_reply.ts";
import { PROOF_MODES, type ProofMode } from "../core/compute/proof_of_gpu/proof_synapse.ts";
import {
  benchmarkLine,
  computeLines,
  gpuInfoText,
} from "../core/compute/proof_of_gpu/published_lines.ts";
import { UsageError } from "../core/errors.ts";
import { openGpu } from "../core/gpu/gpu.ts";
import { type Command, type CommandContext, runAsProcess, userFolder } from "./command.ts";
import { gpuBackend, json } from "./common_flags.ts";
import { processClock } from "./deno_host.ts";
import { choice, positive, text } from "./flags.ts";
import { loadWebGpu } from "./webgpu.ts";

const SEEDS = "seeds.txt";
const INDICES = "challenge_indices.txt";
const REPLY = "resp_0.json";
/** Matrices of 1,024 rows in f32: what any adapter, a software one too, multiplies at once. */
const SMALL_VRAM_GB = 2 ** 24 / 1e9;

const FLAGS = {
  mode: choice({
    name: "mode",
    words: PROOF_MODES,
    default: "gpu_info",
    expected: `one of ${PROOF_MODES.join(", ")}`,
    description: `gpu_info names the GPU, benchmark times two products, compute multiplies what ` +
      `${SEEDS} says and prints the root of its rows, proof computes it again and leaves the rows ` +
      `that ${INDICES} asks for in ${REPLY}.`,
  }),
  folder: text({
    name: "folder",
    placeholder: "DIR",
    default: ".",
    description: "Where the files are.",
  }),
  vram: positive({
    name: "vram",
    default: undefined,
    defaultText: "a small one",
    description:
      "Memory of the card in GB, which decides the sizes of the benchmark: 8.59, 17.18, " +
      "34.36 or 68.72 for cards of 12, 24, 80 or 141 GB.",
  }),
  gpuBackend,
  json,
} as const;

type Context = CommandContext<typeof FLAGS>;

/** The command. */
export const proveCommand: Command<typeof FLAGS> = {
  name: "prove",
  summary: "Proves what the GPU computes, with the files and lines of the compute network's " +
    "published script. All n³ products are really multiplied.",
  flags: FLAGS,
  run: prove,
};

async function prove({ values, screen, signal }: Context): Promise<number> {
  const { mode, vram, json } = values;
  const folder = resolve(userFolder(), values.folder);
  // What is missing is told before the GPU is opened.
  const files = await filesOf(mode, folder);
  const gpu = await openGpu(await loadWebGpu(values.gpuBackend));
  try {
    const proof = proofOfGpu({ gpu, clock: processClock });
    if (mode === "proof") {
      const path = await writeReply(proof, files, folder, signal);
      if (json) screen.printJson({ kind: "proof", path });
      else screen.print(`proof in ${path}`);
      return 0;
    }
    const lines = await printed(proof, mode, files.seeds, vram ?? SMALL_VRAM_GB, signal);
    if (json) screen.printJson({ kind: mode, text: lines });
    else screen.print(lines);
    return 0;
  } finally {
    gpu.close();
  }
}

async function printed(
  proof: ProofOfGpu,
  mode: Exclude<ProofMode, "proof">,
  seeds: string,
  vramGb: number,
  signal: AbortSignal,
): Promise<string> {
  if (mode === "gpu_info") return gpuInfoText(proof.gpuInfo().gpu_names);
  if (mode === "benchmark") return benchmarkLine(await proof.benchmark(vramGb, signal));
  return computeLines(await proof.compute(seeds, signal));
}

/** The product of the same seeds on the same GPU is the same, bit by bit: nothing need be kept. */
async function writeReply(
  proof: ProofOfGpu,
  { seeds, indices }: ProofFiles,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  await proof.compute(seeds, signal);
  const path = join(folder, REPLY);
  await Deno.writeTextFile(path, `${proofReplyText(await proof.prove(indices, signal))}\n`);
  return path;
}

/** Texts that a mode reads; empty for those that it does not. */
interface ProofFiles {
  readonly seeds: string;
  readonly indices: string;
}

async function filesOf(mode: ProofMode, folder: string): Promise<ProofFiles> {
  const read = async (name: string, isRead: boolean): Promise<string> => {
    if (!isRead) return "";
    try {
      return await Deno.readTextFile(join(folder, name));
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new UsageError(`--mode ${mode} reads ${name} in ${folder}: ${reason}`, {
        cause: error,
      });
    }
  };
  return {
    seeds: await read(SEEDS, mode === "compute" || mode === "proof"),
    indices: await read(INDICES, mode === "proof"),
  };
}

if (import.meta.main) await runAsProcess(proveCommand);
