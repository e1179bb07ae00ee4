/**
 * What a miner of a swarm elsewhere does now.
 *
 * @module
 */

import type { JSX } from "preact";
import { bytes, count, threeDigits } from "./format.ts";
import { gpuFacts } from "./gpu_facts.ts";
import { LogView } from "./log_view.tsx";
import { joined, losses, stage, swarmPhase, tally, traffic } from "./mine.ts";
import { phase, PHASE_TEXTS } from "./node.ts";
import { Tiles } from "./tiles.tsx";

/** What the swarm wants of a miner. */
const SWARM_PHASES = {
  train: "batches",
  sync: "merging weights",
  wait: "waiting for the orchestrator",
} as const;

/** See the module. */
export function SwarmView(): JSX.Element {
  const [run, place, done, at] = [joined.value, stage.value, tally.value, swarmPhase.value];
  const loss = losses.value.at(-1);
  return (
    <>
      <Tiles
        label="The miner in short"
        facts={[
          ["phase", run ? PHASE_TEXTS[phase.value] : "asking the orchestrator"],
          ["the swarm's phase", at ? SWARM_PHASES[at] : "not registered yet"],
          ["model", run ? `${run.model}, ${run.layers} layers` : "–"],
          ["layer", place ? `${place.layer}, ${count(place.parameters)} parameters` : "–"],
          ["batches forward", count(done.forwards)],
          ["batches backward", count(done.backwards)],
          ["optimizer steps", count(done.steps)],
          ["merges", count(done.merges)],
          ["work lost", count(done.lost)],
          ["loss, nats a token", loss === undefined ? "of the last layer" : threeDigits(loss)],
          ["sent", bytes(traffic.value.sentBytes)],
          ["received", bytes(traffic.value.receivedBytes)],
          ...gpuFacts(["training"]),
          ["GPU memory", place ? bytes(place.memoryBytes) : "–"],
        ]}
      />
      <LogView />
    </>
  );
}
