import { assert } from "chai";
import { test } from "#test";
import type { Overview } from "../../../core/iota/orchestrator/overview.ts";
import { Dashboards } from "../../../core/iota/orchestrator/dashboards.ts";
import { OrchestrateReport, statusLine } from "../../../headless/orchestrate/report.ts";
import { ShownSwarm } from "../../iota/orchestrator/shown_swarm.ts";
import { fakeScreen, type FakeScreenOptions } from "../fake_screen.ts";
import { jsonLines } from "../wallet/fake_wallet_system.ts";

const silent = (): void => {};
const LOG = { debug: silent, info: silent, error: silent };

function dashboardsOf(swarm: ShownSwarm): Dashboards {
  return new Dashboards(swarm.context, { globalScores: () => Promise.resolve({}) });
}

/** Follows the overviews that `look` gives, until it has given as many. */
async function follow(
  looks: readonly (() => Promise<Overview>)[],
  options: FakeScreenOptions & { readonly isJson: boolean },
): Promise<{ out: string; warnings: string[] }> {
  const fake = fakeScreen(options);
  const report = new OrchestrateReport(fake.screen, { isJson: options.isJson, everyMs: 5 });
  const stop = new AbortController();
  const warnings: string[] = [];
  const { clock } = new ShownSwarm();
  let at = 0;
  const overview = (): Promise<Overview> => {
    if (at + 1 >= looks.length) stop.abort();
    return looks[at++]();
  };
  const log = { ...LOG, warn: (line: string) => void warnings.push(line) };
  await report.follow({ overview }, { clock, log }, stop.signal);
  return { out: fake.out(), warnings };
}

test("the status is one line with loss, speed, miners, merges and phases", async () => {
  const swarm = new ShownSwarm();
  await swarm.miner("5A", 0);
  await swarm.layer(0, { phase: "weights_uploading" });
  await swarm.layer(2, { phase: "miners_merging_partitions" });
  await swarm.loss(3.21049);
  assert.equal(
    statusLine(await dashboardsOf(swarm).overview()),
    "loss 3.210 · 0.0 batches/min · 1 of 1 miners · 0 merges · layers UTM",
  );
});

test("before the first loss the status has none", async () => {
  assert.match(statusLine(await dashboardsOf(new ShownSwarm()).overview()), /^loss – · /);
});

test("a line of JSON is one moment, without the run's whole past", async () => {
  const swarm = new ShownSwarm();
  await swarm.loss(3);
  const { out } = await follow([() => dashboardsOf(swarm).overview()], { isJson: true });
  const [line] = jsonLines(out);
  assert.deepInclude(line, { kind: "overview", netuid: 9 });
  assert.doesNotHaveAnyKeys(line, ["losses", "merges", "events"]);
});

test("each event is told once, in order, before the moment", async () => {
  const swarm = new ShownSwarm();
  const dashboards = dashboardsOf(swarm);
  const look = async (): Promise<Overview> => {
    swarm.clock.advance(60_000);
    return await dashboards.overview();
  };
  await swarm.event({ kind: "registered", text: "one" });
  await swarm.event({ kind: "registered", text: "two" });
  const later = async (): Promise<Overview> => {
    await swarm.event({ kind: "gone", text: "three" });
    return await look();
  };
  const { out } = await follow([look, later], { isJson: true });
  assert.deepEqual(jsonLines(out).map(({ kind, what, text }) => [kind, what, text]), [
    ["event", "registered", "one"],
    ["event", "registered", "two"],
    ["overview", undefined, undefined],
    ["event", "gone", "three"],
    ["overview", undefined, undefined],
  ]);
});

test("a state that is away for a moment is a warning, not the end", async () => {
  const swarm = new ShownSwarm();
  const away = (): Promise<Overview> => Promise.reject(new Error("no connection"));
  const { out, warnings } = await follow(
    [away, () => dashboardsOf(swarm).overview()],
    { isJson: true },
  );
  assert.deepEqual(warnings, ["the swarm cannot be shown now: no connection"]);
  assert.lengthOf(jsonLines(out), 1);
});

test("where no one watches, nothing is looked at", async () => {
  const never = (): Promise<Overview> => assert.fail("it was looked at");
  const { out } = await follow([never, never], { isJson: false, isLive: false });
  assert.equal(out, "");
});
