import { assert } from "chai";
import { test } from "#test";
import type { Phase } from "../../../core/iota/api/schemas.ts";
import { MergeTimeline } from "../../../core/iota/orchestrator/merge_timeline.ts";

type Step = readonly [timeMs: number, phase: Phase, merges: number];

function timelineOf(steps: readonly Step[], most?: number): MergeTimeline {
  const timeline = new MergeTimeline(most);
  for (const [timeMs, phase, merges] of steps) {
    timeline.add({ timeMs, kind: "phase", layer: 1, hotkey: null, text: "", phase, merges });
  }
  return timeline;
}

test("a merge that went through all phases is completed", () => {
  const timeline = timelineOf([
    [10, "weights_uploading", 4],
    [20, "miners_merging_partitions", 4],
    [35, "is_training", 5],
  ]);
  assert.deepEqual(timeline.sessions(), [
    { layer: 1, merge: 4, startMs: 10, uploadedMs: 20, endMs: 35, status: "completed" },
  ]);
});

test("a merge after which there are no more merges than before has failed", () => {
  const [session] = timelineOf([[10, "weights_uploading", 4], [90, "is_training", 4]]).sessions();
  assert.deepInclude(session, { endMs: 90, uploadedMs: null, status: "failed" });
});

test("a merge that goes on has no end", () => {
  const [session] = timelineOf([[10, "weights_uploading", 0]]).sessions();
  assert.deepInclude(session, { endMs: null, status: "running" });
});

test("a merge whose end was not told ends with the next one's begin", () => {
  const sessions = timelineOf([[10, "weights_uploading", 0], [50, "weights_uploading", 1]])
    .sessions();
  assert.deepEqual(sessions.map(({ startMs, status }) => [startMs, status]), [
    [10, "failed"],
    [50, "running"],
  ]);
});

test("a merge whose begin was not told begins where it is first seen", () => {
  const [session] = timelineOf([[20, "miners_merging_partitions", 3]]).sessions();
  assert.deepInclude(session, { startMs: 20, uploadedMs: 20, merge: 3 });
});

test("training without a merge before it is no merge", () => {
  assert.deepEqual(timelineOf([[20, "is_training", 0]]).sessions(), []);
});

test("layers are followed each by itself", () => {
  const timeline = timelineOf([[10, "weights_uploading", 0]]);
  const other = { kind: "phase", layer: 2, hotkey: null, text: "", merges: 1 };
  timeline.add({ ...other, timeMs: 20, phase: "is_training" });
  assert.equal(timeline.sessions()[0].endMs, null);
});

test("events that are no phases are left out", () => {
  const timeline = new MergeTimeline();
  timeline.add({ timeMs: 1, kind: "refused", layer: 1, hotkey: null, text: "NaN" });
  assert.deepEqual(timeline.sessions(), []);
});

test("the oldest merges are forgotten", () => {
  const steps = Array.from({ length: 9 }, (_, merge): Step[] => [
    [merge * 10, "weights_uploading", merge],
    [merge * 10 + 5, "is_training", merge + 1],
  ]).flat();
  assert.deepEqual(timelineOf(steps, 3).sessions().map(({ merge }) => merge), [6, 7, 8]);
});
