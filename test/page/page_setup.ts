/**
 * The built page in a real browser, and what tests look at there.
 *
 * @module
 */

import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchChromium } from "../browser/chromium.ts";
import { servePage } from "./page_server.ts";

/** Where screenshots go. */
const SHOTS = new URL("../../dist/reports/screenshots/", import.meta.url);
const VIEWPORT = { width: 1280, height: 900 };

/** One browser and one server for all tests of a file. */
export class PageSetup implements AsyncDisposable {
  private constructor(
    readonly browser: Browser,
    readonly server: { readonly url: string } & AsyncDisposable,
  ) {}

  /** @param hasWebGpu whether the browser has an adapter */
  static async open(hasWebGpu = true): Promise<PageSetup> {
    const server = await servePage();
    return new PageSetup(await launchChromium(hasWebGpu), server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.server[Symbol.asyncDispose]();
  }

  /** A browser profile of its own, with nothing in it. */
  async context(
    options: Parameters<Browser["newContext"]>[0] = {},
  ): Promise<BrowserContext> {
    return await this.browser.newContext({ locale: "en-US", viewport: VIEWPORT, ...options });
  }

  /** Opens the page; what escapes it as an error is kept in `errors`. */
  async visit(context: BrowserContext, path = ""): Promise<{ page: Page; errors: string[] }> {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(this.server.url + path);
    return { page, errors };
  }
}

/** Keeps what the page looks like, for people to look at. */
export async function keepShot(page: Page, name: string): Promise<void> {
  Deno.mkdirSync(SHOTS, { recursive: true });
  const image = await page.screenshot({ fullPage: true });
  Deno.writeFileSync(new URL(`${name}.png`, SHOTS), image);
}
