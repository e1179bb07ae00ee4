/**
 * A tab as a miner of the compute network: a relay listens for it, a real dendrite asks.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Page } from "playwright-core";
import type { Dendrite } from "../../core/compute/dendrite.ts";
import { createSynapse, readSynapse } from "../../core/compute/synapse/synapse.ts";
import { CHALLENGE, PING } from "../../core/compute/synapse/synapses.ts";
import { withDendrite, withRelay } from "../headless/serve/relay_setup.ts";
import { ALICE } from "../iota/api/api_setup.ts";
import { keepShot, PageSetup } from "./page_setup.ts";
import { installExtension } from "./scripted_extension.ts";

const SLOW_MS = 120_000;
const PASSPHRASE = "whale oil 1851";
/** The ledger takes no address of loopback. */
const PLACE = { ip: "192.0.2.1", port: 8091 };

/** Registers a hotkey on the practice chain; its address. */
async function register(page: Page): Promise<string> {
  await page.getByLabel("chain").selectOption("practice");
  await page.getByRole("combobox", { name: /^subnet/ }).selectOption("27");
  await page.getByRole("button", { name: "Connect a wallet extension" }).click();
  await page.getByLabel("account").selectOption({ index: 1 });
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "I have written them down" }).click();
  await page.getByRole("button", { name: /^Register for/ }).click();
  await page.getByText(/^Registered on subnet 27/).waitFor();
  return await page.getByRole("combobox", { name: /^hotkey/ }).inputValue();
}

async function open(setup: PageSetup): Promise<Page> {
  const context = await setup.context();
  await installExtension(context);
  const { page } = await setup.visit(context);
  page.setDefaultTimeout(SLOW_MS);
  return page;
}

test("a validator's ping reaches the tab through the relay, strangers' challenges are refused", async () => {
  await withRelay(async ({ url, axon }) => {
    await using setup = await PageSetup.open();
    const page = await open(setup);
    const hotkey = await register(page);
    await page.getByRole("textbox", { name: "relay" }).fill(url);
    await page.getByLabel(/^passphrase of hotkey/).fill(PASSPHRASE);
    await page.getByRole("button", { name: "Mine", exact: true }).click();
    await page.locator(".tile b", { hasText: `${PLACE.ip}:${PLACE.port}` }).waitFor();
    const target: Parameters<Dendrite["call"]>[0] = { ...axon, hotkey };
    await withDendrite(ALICE, async (dendrite) => {
      const ping = await dendrite.call(target, createSynapse(PING, {}));
      assert.equal(ping.dendrite.statusCode, 200, ping.dendrite.statusMessage ?? "");
      const asked = createSynapse(CHALLENGE, readSynapse(CHALLENGE, {}).fields);
      const { dendrite: { statusCode, statusMessage } } = await dendrite.call(target, asked);
      assert.equal(statusCode, 403);
      assert.include(statusMessage ?? "", "Unrecognized hotkey");
    });
    await keepShot(page, "computing");
    // The chain was told where the relay listens.
    assert.notInclude(await page.locator("body").textContent() ?? "", "does not know the axon");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".tile b", { hasText: "done" }).waitFor();
  }, PLACE);
});

test("a relay that is not there is waited for, and the tab can be stopped meanwhile", async () => {
  await using setup = await PageSetup.open();
  const page = await open(setup);
  await register(page);
  await page.getByRole("textbox", { name: "relay" }).fill("ws://127.0.0.1:9/relay");
  await page.getByLabel(/^passphrase of hotkey/).fill(PASSPHRASE);
  await page.getByRole("button", { name: "Mine", exact: true }).click();
  await page.locator(".log").getByText(/connection to the relay is gone/).first().waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Mine", exact: true }).waitFor();
});
