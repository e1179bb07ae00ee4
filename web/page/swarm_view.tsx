/**
 * What a miner of a swarm elsewhere does now.
 *
 * @module
 */

import type { JSX } from "preact";
import { bytes, count, threeDigits } from "./format.ts";
import { LogView } from "./log_view.tsx";
import { joined, losses, stage, tally, traffic } from "./mine.ts";
import { phase, PHASE_TEXTS } from "./node.ts";
import { Tiles } from "./tiles.tsx";

/** See the module. */
export function SwarmView(): JSX.Element {
  const [run, place, done] = [joined.value, stage.value, tally.value];
  const loss = losses.value.at(-1);
  return (
    <>
      <Tiles
        label="The miner in short"
        facts={[
          ["phase", run ? PHASE_TEXTS[phase.value] : "asking the orchestrator"],
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
          ["GPU memory", place ? bytes(place.memoryBytes) : "–"],
        ]}
      />
      <LogView />
    </>
  );
}
