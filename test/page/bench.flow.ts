/**
 * The benchmark page: a run, its tables and bars, and what one can do with a result.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Page } from "playwright-core";
import { assertAccessible, installAxe, isTooWide } from "./accessibility.ts";
import { keepShot, PageSetup } from "./page_setup.ts";

const SLOW_MS = 240_000;
const PATH = "bench.html";
const PARTS = ["Password search", "Memory", "Matrix products", "Attention", "A training step"];

async function open(
  setup: PageSetup,
  options: Parameters<PageSetup["context"]>[0] = {},
  path = PATH,
): Promise<{ page: Page; errors: string[] }> {
  const context = await setup.context(options);
  await installAxe(context);
  const visit = await setup.visit(context, path);
  visit.page.setDefaultTimeout(SLOW_MS);
  return visit;
}

/** Chooses these parts and one round, and starts. */
async function start(page: Page, parts: readonly string[]): Promise<void> {
  for (const part of PARTS) {
    const box = page.getByLabel(part, { exact: true });
    if (await box.isEnabled()) await box.setChecked(parts.includes(part));
  }
  await page.getByLabel("Rounds").selectOption("1");
  await page.getByRole("button", { name: "Start" }).click();
}

/** The cells of a table below its head. */
async function cellsOf(page: Page, title: string): Promise<string[]> {
  return await page.getByRole("region", { name: `${title}, table` }).locator("tbody td")
    .allTextContents();
}

/** Downloads the result as JSON. */
async function downloaded(page: Page): Promise<{ readonly name: string; readonly text: string }> {
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download JSON" }).click();
  const download = await waiting;
  const pieces: BlobPart[] = [];
  for await (const piece of await download.createReadStream()) pieces.push(piece);
  return { name: download.suggestedFilename(), text: await new Blob(pieces).text() };
}

test("a run fills tables, bars and a file, and its link shows the same to somebody else", async () => {
  await using setup = await PageSetup.open();
  const { page, errors } = await open(setup);
  await start(page, ["Memory", "A training step"]);
  await page.getByText("Done.", { exact: true }).waitFor();
  assert.match(await page.locator("main").textContent() ?? "", /Checked: \d+ groups of tensors/);
  const memory = await cellsOf(page, "Memory");
  assert.isAtLeast(memory.length, 2);
  for (const cell of memory) assert.match(cell, /^[\d.]+ \S*B(\/s)?$/);
  assert.include(await cellsOf(page, "A training step"), "training");
  const bars = page.locator("table.bars tr.own");
  assert.isAtLeast(await bars.count(), 1);
  await keepShot(page, "bench-done");
  const file = await downloaded(page);
  assert.match(file.name, /^weft-bench-\d{4}-\d\d-\d\d\.json$/);
  assert.lengthOf(JSON.parse(file.text).bandwidth, memory.length / 2);

  const link = await page.getByLabel("Link").inputValue();
  const other = await open(setup, {}, link.slice(setup.server.url.length));
  await other.page.getByText("A result that somebody sent you").waitFor();
  assert.deepEqual(await cellsOf(other.page, "Memory"), memory);
  await keepShot(other.page, "bench-sent");
  assert.deepEqual([...errors, ...other.errors], []);
});

test("a run that is stopped keeps what was measured, and can be started again", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await start(page, ["Memory", "Matrix products"]);
  await page.getByRole("heading", { name: "Memory", exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped. What was measured is kept.").waitFor();
  assert.isNotEmpty(await cellsOf(page, "Memory"));
  assert.isTrue(await page.getByRole("button", { name: "Measure again" }).isEnabled());
});

test("without WebGPU password search is measured in WebAssembly, and nothing else offered", async () => {
  await using setup = await PageSetup.open(false);
  const { page, errors } = await open(setup);
  await page.getByText("No WebGPU here").waitFor();
  for (const part of PARTS.slice(1)) {
    assert.isTrue(await page.getByLabel(part, { exact: true }).isDisabled(), part);
  }
  await start(page, ["Password search"]);
  await page.getByText("Done.", { exact: true }).waitFor();
  const head = page.getByRole("region", { name: "Password search, table" }).locator("th");
  assert.deepEqual(await head.allTextContents(), ["mode", "hash", "length", "wasm"]);
  await keepShot(page, "bench-no-webgpu");
  await assertAccessible(page);
  assert.deepEqual(errors, []);
});

test("a link that was cut off is said to carry nothing", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup, {}, `${PATH}#r=abcdef`);
  await page.getByRole("alert").getByText("This link carries no result").waitFor();
});

test("on a phone axe finds nothing wrong with a result, in light and in dark colours", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup, { viewport: { width: 360, height: 740 } });
  await assertAccessible(page);
  await start(page, ["Memory"]);
  await page.getByText("Done.", { exact: true }).waitFor();
  assert.isFalse(await isTooWide(page));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await keepShot(page, `bench-phone-${colorScheme}`);
    await assertAccessible(page);
  }
});
