/**
 * What the node does now: its curve, numbers, challenges and log.
 *
 * @module
 */

import type { JSX } from "preact";
import { ChallengeTable } from "./challenge_table.tsx";
import { bytes, count, duration, threeDigits } from "./format.ts";
import { gpuFacts } from "./gpu_facts.ts";
import { LogView } from "./log_view.tsx";
import { LossChart } from "./loss_chart.tsx";
import { checkpoint, finished, now, phase, PHASE_TEXTS, started, steps } from "./node.ts";
import { Tiles } from "./tiles.tsx";

/** See the module. */
export function LiveView(): JSX.Element {
  return (
    <>
      <RunTiles />
      <section aria-labelledby="loss-title">
        <h2 id="loss-title">Loss</h2>
        <LossChart />
      </section>
      <Sample />
      <ChallengeTable />
      <LogView />
    </>
  );
}

function RunTiles(): JSX.Element {
  const last = steps.value.at(-1);
  const run = started.value;
  return (
    <Tiles
      label="The run in short"
      facts={[
        ["phase", PHASE_TEXTS[phase.value]],
        ["model", run ? `${run.model}, ${count(run.parameters)} parameters` : "–"],
        ["step", last ? `${count(last.step)} of ${count(run?.steps ?? last.step)}` : "–"],
        ["loss, nats a token", last ? threeDigits(last.loss) : "–"],
        ["training", last ? `${count(last.tokensPerSecond)} tokens/s` : "–"],
        ["time left", last && run ? duration(last.secondsLeft) : "–"],
        ...gpuFacts(["training", "challenge"]),
        ["GPU memory", last ? bytes(last.memoryBytes) : "–"],
        ["checkpoint", checkpointText()],
      ]}
    />
  );
}

function checkpointText(): string {
  if (checkpoint.value === undefined) return "none yet";
  const { step, at } = checkpoint.value;
  return `step ${count(step)}, ${duration((now.value - at.getTime()) / 1000)} ago`;
}

/** What the model writes once the run is done. */
function Sample(): JSX.Element | null {
  const text = finished.value?.sample ?? "";
  if (text === "") return null;
  return (
    <section aria-labelledby="sample-title">
      <h2 id="sample-title">What it writes</h2>
      <blockquote>{text}</blockquote>
    </section>
  );
}
