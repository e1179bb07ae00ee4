/**
 * What axe and the eye find wrong with a page.
 *
 * @module
 */

import axeCore from "axe-core";
import { assert } from "chai";
import type { BrowserContext, Page } from "playwright-core";

/** Rules of WCAG 2.2 A and AA, and what else axe knows to be good. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Brings axe along into each page of a context, where {@linkcode assertAccessible} asks it. */
export async function installAxe(context: BrowserContext): Promise<void> {
  await context.addInitScript(axeCore.source);
}

/** Fails with what axe finds wrong. */
export async function assertAccessible(page: Page): Promise<void> {
  const found = await violations(page);
  assert.isEmpty(found, found.join("\n"));
}

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async (values) => {
    const axe = Reflect.get(globalThis, "axe");
    return await axe.run({ runOnly: { type: "tag", values } });
  }, RULES);
  return found.violations.map((
    { id, nodes }: { id: string; nodes: readonly { html: string; failureSummary: string }[] },
  ) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`);
}

/** Whether one would have to scroll sideways. */
export async function isTooWide(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    const root = Reflect.get(globalThis, "document").documentElement;
    return root.scrollWidth > root.clientWidth;
  });
}
