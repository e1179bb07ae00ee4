/**
 * Golden files: numbers that the published PyTorch model computed, in safetensors, with all that is
 * needed to compute them again.
 *
 * @module
 */
import * as v from "valibot";
import { UsageError, WeftError } from "../errors.ts";
import { type HostTensor, tensorToFloat32 } from "../formats/dtype.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { type ModelConfig, parseModelConfig, type Split, stageKind } from "./config.ts";

const Whole = v.pipe(v.number(), v.integer());

function json<Output>(schema: v.GenericSchema<unknown, Output>): v.GenericSchema<string, Output> {
  return v.pipe(v.string(), v.parseJson(), schema);
}

const Metadata = v.object({
  config: json(v.unknown()),
  splits: json(v.array(v.tuple([Whole, Whole]))),
  dtype: v.picklist(["f32", "bf16"]),
  batch: json(Whole),
  seq: json(Whole),
  steps: json(Whole),
  lr: json(v.number()),
  losses: json(v.array(v.number())),
  grad_norms_step1: json(v.array(v.tuple([v.string(), v.number(), v.number()]))),
  param_order: json(v.record(v.string(), v.array(v.string()))),
  no_gradient: json(v.array(v.string())),
});

/** One golden file, opened. */
export interface GoldenFile {
  config: ModelConfig;
  dtype: "f32" | "bf16";
  B: number;
  T: number;
  steps: number;
  learningRate: number;
  /** Loss of each step in nats. */
  losses: number[];
  /** By stage: gradient norm of the first step and the norm it is clipped to. */
  gradientNorms: Map<string, { norm: number; clipNorm: number }>;
  /** By stage: names of its parameters in wire order. */
  parameterOrder: Record<string, string[]>;
  /** `stage.name` of each parameter that never gets a gradient. */
  withoutGradient: ReadonlySet<string>;
  tokens: Int32Array;
  /** Tensors by key, as they are in the file. */
  tensors: ReadonlyMap<string, HostTensor>;
}

/**
 * Opens a golden file.
 * @throws {WeftError} if it is no safetensors file, or not of this layout
 */
export function openGoldenFile(name: string, bytes: Uint8Array<ArrayBuffer>): GoldenFile {
  const { tensors, metadata } = readSafetensors(bytes);
  const parsed = v.safeParse(Metadata, metadata);
  if (!parsed.success) {
    const field = v.getDotPath(parsed.issues[0]) ?? "metadata";
    throw new WeftError(
      `${name} is no golden file: its metadata field ${field} is missing or wrong; expected the ` +
        `layout of test/golden`,
    );
  }
  const fields = parsed.output;
  const tokens = tensors.get("tokens");
  if (!tokens) throw new WeftError(`${name} is no golden file: it has no tensor "tokens"`);
  return {
    config: configOf(name, fields.config, fields.splits),
    dtype: fields.dtype,
    B: fields.batch,
    T: fields.seq,
    steps: fields.steps,
    learningRate: fields.lr,
    losses: fields.losses,
    gradientNorms: new Map(
      fields.grad_norms_step1.map(([stage, norm, clipNorm]) => [stage, { norm, clipNorm }]),
    ),
    parameterOrder: fields.param_order,
    withoutGradient: new Set(fields.no_gradient),
    tokens: Int32Array.from(tensorToFloat32(tokens)),
    tensors,
  };
}

function configOf(name: string, config: unknown, splits: Split[]): ModelConfig {
  try {
    return parseModelConfig(config, name, splits);
  } catch (error) {
    if (error instanceof UsageError) throw new WeftError(error.message);
    throw error;
  }
}

/** The stage that a split is called in golden files: head, body or tail. */
export function goldenStageName(split: Split): string {
  return stageKind(split);
}
