/**
 * Mining in somebody's swarm: an orchestrator over HTTP, and tabs that train its layers.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Page } from "playwright-core";
import { PUBLISHED_SWARM, type SwarmSettings } from "../../core/iota/orchestrator/settings.ts";
import { LocalOrchestrator } from "../../core/node/local_orchestrator.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { KeptLog } from "../harness/kept_log.ts";
import { tinyModel } from "../model/tiny_model.ts";
import { keepShot, PageSetup } from "./page_setup.ts";

const SLOW_MS = 120_000;
const PASSPHRASE = "whale oil 1851";
const STORE = "dist/tmp/page-store";

/** Three layers of a model for bytes, a merge every two backwards. */
const SWARM: SwarmSettings = {
  ...PUBLISHED_SWARM,
  ...{ model: tinyModel({ name: "bytes", V: 256 }), batch: 2, seq: 16, membersOnly: false },
  ...{ globalOptimizerSteps: 2, localOptimizerSteps: 2, rateFactor: Infinity },
  schedule: { peak: 1e-3, warmupSteps: 1, plateauSteps: 500, totalSteps: 1000 },
};

/** Gives `body` the address of an orchestrator that runs. */
async function withOrchestrator(body: (url: string) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const orchestrator = await LocalOrchestrator.open(SWARM, localPlace(STORE, new KeptLog()));
  const running = orchestrator.run(stop.signal);
  try {
    await body(orchestrator.url);
  } finally {
    stop.abort();
    await running;
    await orchestrator.close();
  }
}

async function createHotkey(page: Page): Promise<void> {
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "I have written them down" }).click();
}

async function mine(page: Page, url: string, passphrase = PASSPHRASE): Promise<void> {
  await page.getByLabel("orchestrator").fill(url);
  await page.getByLabel(/^passphrase of hotkey/).fill(passphrase);
  await page.getByRole("button", { name: "Mine", exact: true }).click({ timeout: SLOW_MS });
}

async function waitForTile(page: Page, label: string, value: RegExp): Promise<void> {
  await page.locator(".tile", { has: page.getByText(label, { exact: true }) })
    .locator("b", { hasText: value }).waitFor({ timeout: SLOW_MS });
}

test("three tabs train the three layers of a swarm, and merge", async () => {
  await withOrchestrator(async (url) => {
    await using setup = await PageSetup.open();
    const opened = await Promise.all([0, 1, 2].map(async () => {
      const visit = await setup.visit(await setup.context());
      await createHotkey(visit.page);
      await mine(visit.page, url);
      return visit;
    }));
    for (const { page } of opened) await waitForTile(page, "merges", /^[1-9]/);
    await keepShot(opened[0].page, "mining");
    for (const { page, errors } of opened) {
      await page.getByRole("button", { name: "Stop" }).click();
      await waitForTile(page, "phase", /done/);
      assert.deepEqual(errors, []);
    }
  });
});

test("a tab that was offline for a while goes on when it is back", async () => {
  await withOrchestrator(async (url) => {
    await using setup = await PageSetup.open();
    const context = await setup.context();
    const { page } = await setup.visit(context);
    await createHotkey(page);
    await mine(page, url);
    await waitForTile(page, "model", /bytes/);
    await context.setOffline(true);
    await page.locator(".log").getByText(/No answer from/).first().waitFor({ timeout: SLOW_MS });
    await keepShot(page, "offline");
    await context.setOffline(false);
    const others = await Promise.all([0, 1].map(async () => {
      const { page } = await setup.visit(await setup.context());
      await createHotkey(page);
      await mine(page, url);
      return page;
    }));
    for (const each of [page, ...others]) await waitForTile(each, "merges", /^[1-9]/);
  });
});

test("a wrong passphrase opens nothing, and the page says what to do", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await createHotkey(page);
  await mine(page, "http://127.0.0.1:9", "another one 1852");
  await page.getByText("this passphrase does not open the hotkey").waitFor({ timeout: SLOW_MS });
});

test("an orchestrator that is not there is named, and mining may be tried again", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await createHotkey(page);
  await mine(page, "http://127.0.0.1:9");
  await page.getByText("No answer from http://127.0.0.1:9").waitFor({ timeout: SLOW_MS });
  await keepShot(page, "no-orchestrator");
  await page.getByRole("button", { name: "Mine", exact: true }).waitFor();
});

test("two tabs of one browser do not mine with the same hotkey", async () => {
  await withOrchestrator(async (url) => {
    await using setup = await PageSetup.open();
    const context = await setup.context();
    const { page: first } = await setup.visit(context);
    await createHotkey(first);
    await mine(first, url);
    await waitForTile(first, "model", /bytes/);
    const { page: second } = await setup.visit(context);
    await mine(second, url);
    await second.getByText("is in use in another tab").waitFor({ timeout: SLOW_MS });
  });
});
