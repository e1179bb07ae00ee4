/**
 * Whom the GPU works for, as tiles show it.
 *
 * @module
 */

import type { GpuJob } from "../../core/node/gpu_use.ts";
import { count, percent } from "./format.ts";
import { gpu } from "./node.ts";

/** The part of the time that each of these jobs has the GPU, and how much waits for it. */
export function gpuFacts(jobs: readonly GpuJob[]): (readonly [label: string, value: string])[] {
  const report = gpu.value;
  return [
    ...jobs.map((job) =>
      [`GPU for ${LABELS[job]}`, report ? percent(report.shares[job]) : "–"] as const
    ),
    ["GPU queue", report ? `${count(report.waiting)} waiting` : "–"],
  ];
}

const LABELS: Readonly<Record<GpuJob, string>> = {
  ...{ training: "training", challenge: "challenges" },
  ...{ sandbox: "renters", proof: "proofs" },
};
