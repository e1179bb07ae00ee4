/**
 * How the page looks and reads: in light and dark, on a phone, without a GPU, for those who do not see
 * it, and while it works.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { BrowserContext, Page } from "playwright-core";
import { assertAccessible, installAxe, isTooWide } from "./accessibility.ts";
import { keepShot, PageSetup } from "./page_setup.ts";
import { installExtension } from "./scripted_extension.ts";

const SLOW_MS = 120_000;
const PHONE = { width: 360, height: 740 };
const WIDE = { width: 3840, height: 2160 };

/** The page with a wallet, and axe in it. */
async function openInspected(
  setup: PageSetup,
  options: Parameters<PageSetup["context"]>[0] = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await setup.context(options);
  await installExtension(context);
  await installAxe(context);
  const { page } = await setup.visit(context);
  page.setDefaultTimeout(SLOW_MS);
  await page.getByText("matrix products, f32").waitFor();
  return { page, context };
}

/** Fills the page: a hotkey, a registration, a metagraph, and a run with some steps. */
async function fill(page: Page): Promise<void> {
  await page.getByLabel("chain").selectOption("practice");
  await page.getByRole("button", { name: "Connect a wallet extension" }).click();
  await page.getByLabel("account").selectOption({ index: 1 });
  await page.getByLabel("passphrase for this browser").fill("whale oil 1851");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "I have written them down" }).click();
  await page.getByRole("button", { name: /^Register for/ }).click();
  await page.getByText(/^Registered on subnet/).waitFor();
  await page.getByRole("button", { name: "Show the metagraph" }).click();
  await page.getByRole("cell", { name: "miner" }).waitFor();
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator(".tile b", { hasText: /^\d\d of 400/ }).waitFor();
}

test("axe finds nothing wrong in light and in dark colours, empty or at work", async () => {
  await using setup = await PageSetup.open();
  const { page } = await openInspected(setup);
  const look = async (state: string): Promise<void> => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await keepShot(page, `${state}-${colorScheme}`);
      await assertAccessible(page);
    }
  };
  await look("first-view");
  await fill(page);
  await look("at-work");
});

test("on a phone nothing is wider than the screen, and axe finds nothing wrong", async () => {
  await using setup = await PageSetup.open();
  const { page } = await openInspected(setup, { viewport: PHONE, colorScheme: "dark" });
  assert.isFalse(await isTooWide(page));
  await fill(page);
  await keepShot(page, "at-work-phone");
  assert.isFalse(await isTooWide(page));
  await assertAccessible(page);
});

test("on a wide screen the page uses larger letters", async () => {
  await using setup = await PageSetup.open();
  const { page } = await openInspected(setup, { viewport: WIDE });
  await keepShot(page, "first-view-4k");
  const size = await page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as unknown as {
      document: { body: unknown };
      getComputedStyle(element: unknown): { fontSize: string };
    };
    return getComputedStyle(document.body).fontSize;
  });
  assert.equal(size, "20px");
});

test("everything is reached by the keyboard alone", async () => {
  await using setup = await PageSetup.open();
  const { page } = await openInspected(setup);
  const names = new Set<string>();
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press("Tab");
    names.add(
      await page.evaluate(() => {
        const { document: { activeElement: element } } = globalThis as unknown as {
          document: {
            activeElement: { labels?: { textContent: string }[] | null; textContent: string };
          };
        };
        return (element.labels?.[0]?.textContent ?? element.textContent).trim().slice(0, 60);
      }),
    );
  }
  for (const wanted of ["Start", "Connect a wallet extension", "Create", "Show the metagraph"]) {
    assert.isTrue(names.has(wanted), `${wanted} is not reached: ${[...names].join(", ")}`);
  }
});

test("without WebGPU the page says so, names browsers that have it, and shows the rest", async () => {
  await using setup = await PageSetup.open(false);
  const context = await setup.context();
  await installAxe(context);
  const { page, errors } = await setup.visit(context);
  page.setDefaultTimeout(SLOW_MS);
  await page.getByText("No WebGPU here").waitFor();
  const told = await page.locator(".adapter").textContent() ?? "";
  for (const browser of ["Chrome", "Edge", "Safari", "Firefox"]) assert.include(told, browser);
  assert.isTrue(await page.getByRole("button", { name: "Start" }).isDisabled());
  await page.getByLabel("chain").selectOption("practice");
  await page.getByRole("button", { name: "Show the metagraph" }).click();
  await page.getByText("Nobody is registered here yet").waitFor();
  await keepShot(page, "no-webgpu");
  await assertAccessible(page);
  assert.deepEqual(errors, []);
});

test("the page asks nobody but its own server while it loads", async () => {
  await using setup = await PageSetup.open();
  const context = await setup.context();
  const asked: string[] = [];
  context.on("request", (request) => asked.push(new URL(request.url()).origin));
  const { page } = await setup.visit(context);
  await page.getByText("matrix products, f32").waitFor({ timeout: SLOW_MS });
  assert.deepEqual([...new Set(asked)], [new URL(setup.server.url).origin]);
});
