/**
 * Trying the network in a tab, as somebody without a wallet does.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Page } from "playwright-core";
import { keepShot, PageSetup } from "./page_setup.ts";

/** A software adapter on a busy machine. */
const SLOW_MS = 120_000;

async function start(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start" }).click({ timeout: SLOW_MS });
}

/** The value of a tile. */
async function tile(page: Page, label: string): Promise<string> {
  const value = page.locator(".tile", { hasText: label }).locator("b").first();
  return await value.textContent() ?? "";
}

/** Waits until a step or a later one is done, of 400. */
async function waitForStep(page: Page, step: number): Promise<void> {
  const later = Array.from({ length: 401 - step }, (_, at) => step + at).join("|");
  const tile = page.locator(".tile b", { hasText: new RegExp(`^(${later}) of`) });
  await tile.waitFor({ timeout: SLOW_MS });
}

test("the first view says what it is and which GPU it found, and nothing escapes as an error", async () => {
  await using setup = await PageSetup.open();
  const { page, errors } = await setup.visit(await setup.context());
  await page.getByRole("heading", { name: /trains a language model/ }).waitFor();
  await page.getByText("matrix products, f32").waitFor({ timeout: SLOW_MS });
  assert.match(await page.locator("dl.adapter").textContent() ?? "", /swiftshader.*GFLOP\/s/i);
  await keepShot(page, "first-view");
  assert.deepEqual(errors, []);
});

test("a run is stopped with a checkpoint, goes on from it after a reload, and can be forgotten", async () => {
  await using setup = await PageSetup.open();
  const { page, errors } = await setup.visit(await setup.context());
  await start(page);
  await waitForStep(page, 21);
  assert.match(await tile(page, "loss, nats a token"), /^\d\.\d+$/);
  await keepShot(page, "training");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Go on" }).waitFor({ timeout: SLOW_MS });
  const stopped = Number(/^(\d+)/.exec(await tile(page, "step"))?.[1]);
  await page.reload();
  await start(page);
  await waitForStep(page, stopped + 1);
  assert.include(await page.locator(".log").textContent(), "going on from the checkpoint");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Forget this run" }).click({ timeout: SLOW_MS });
  await page.getByRole("button", { name: "Start" }).waitFor({ timeout: SLOW_MS });
  assert.equal(await page.locator(".tile").count(), 0);
  assert.deepEqual(errors, []);
});

test("a reload in the middle of training loses no more than what came after the checkpoint", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await start(page);
  await waitForStep(page, 23);
  await page.reload();
  await start(page);
  await waitForStep(page, 24);
  assert.match(
    await page.locator(".log").textContent() ?? "",
    /going on from the checkpoint of step (20|40)/,
  );
});

test("a second tab does not run the same run, and says why", async () => {
  await using setup = await PageSetup.open();
  const context = await setup.context();
  const { page: first } = await setup.visit(context);
  await start(first);
  await waitForStep(first, 1);
  const { page: second } = await setup.visit(context);
  await start(second);
  await second.getByText("in use in another tab").waitFor({ timeout: SLOW_MS });
  await keepShot(second, "second-tab");
});

test("a GPU that is lost in the middle of a run is opened again, and the run goes on", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await start(page);
  await waitForStep(page, 21);
  const devtools = await setup.browser.newBrowserCDPSession();
  // The process dies before it can answer.
  devtools.send("Browser.crashGpuProcess").catch(() => {});
  await page.locator(".log").getByText(/the GPU was lost/).first().waitFor({ timeout: SLOW_MS });
  await waitForStep(page, 24);
  await keepShot(page, "device-lost");
});

test("what the browser keeps is shown with its size, and can be asked to stay", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await page.getByText("kept by this page").waitFor({ timeout: SLOW_MS });
  await page.getByRole("button", { name: "Ask the browser to keep it" }).click();
  await page.getByText("kept when the disk is full").waitFor();
});
