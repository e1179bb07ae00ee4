/**
 * What a miner of the compute network does now.
 *
 * @module
 */

import type { JSX } from "preact";
import { ChallengeTable } from "./challenge_table.tsx";
import { count, threeDigits } from "./format.ts";
import { gpuFacts } from "./gpu_facts.ts";
import { LogView } from "./log_view.tsx";
import { serving } from "./mine.ts";
import { challenges, phase } from "./node.ts";
import { Tiles } from "./tiles.tsx";

/** See the module. */
export function ComputeView(): JSX.Element {
  const [place, all] = [serving.value, challenges.value];
  const found = all.filter(({ success }) => success);
  const mean = found.reduce((sum, { elapsedS }) => sum + elapsedS, 0) / found.length;
  return (
    <>
      <Tiles
        label="The miner in short"
        facts={[
          ["phase", phase.value === "running" ? "waiting for challenges" : phase.value],
          ["validators reach it at", place ? `${place.ip}:${place.port}` : "–"],
          ["challenges", count(all.length)],
          ["found", count(found.length)],
          ["mean time, s", found.length === 0 ? "–" : threeDigits(mean)],
          ...gpuFacts(["challenge"]),
        ]}
      />
      <ChallengeTable />
      <LogView />
    </>
  );
}
