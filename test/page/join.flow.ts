/**
 * Joining a subnet on the practice chain, with a wallet extension whose user is scripted and whose key
 * really signs.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { keypairOf, parseKeyRecord } from "../../core/wallet/key_record.ts";
import type { Page } from "playwright-core";
import { keepShot, PageSetup } from "./page_setup.ts";
import { installExtension, type ScriptedExtension } from "./scripted_extension.ts";

const SLOW_MS = 60_000;
const PASSPHRASE = "whale oil 1851";
const MNEMONIC =
  "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/** A page whose wallet is there. */
interface Joining {
  readonly page: Page;
  readonly wallet: ScriptedExtension;
  readonly errors: readonly string[];
}

async function open(setup: PageSetup): Promise<Joining> {
  const context = await setup.context();
  const wallet = await installExtension(context);
  const { page, errors } = await setup.visit(context);
  page.setDefaultTimeout(SLOW_MS);
  await page.getByLabel("chain").selectOption("practice");
  return { page, wallet, errors };
}

async function connect(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Connect a wallet extension" }).click();
}

async function chooseColdkey(page: Page, wallet: ScriptedExtension): Promise<void> {
  await connect(page);
  await page.getByLabel("account").selectOption(wallet.addresses[0]);
}

async function createHotkey(page: Page): Promise<void> {
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("button", { name: "I have written them down" }).click();
}

test("the whole way: coldkey, hotkey, price, a signature, and a uid", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet, errors } = await open(setup);
  await chooseColdkey(page, wallet);
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("Write these words down").waitFor();
  assert.equal(await page.locator(".words li").count(), 12);
  await keepShot(page, "hotkey-words");
  await page.getByRole("button", { name: "I have written them down" }).click();
  const pay = page.getByRole("button", { name: /^Register for/ });
  await pay.waitFor();
  await keepShot(page, "registration-price");
  await pay.click();
  await page.getByText(/^Registered on subnet 9 of ledger as uid \d+/).waitFor();
  await keepShot(page, "registered");
  assert.lengthOf(wallet.asked, 1);
  assert.deepEqual(errors, []);
});

test("a user who does not sign pays nothing, is told so, and may try again", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet } = await open(setup);
  await chooseColdkey(page, wallet);
  await createHotkey(page);
  wallet.user.signs = false;
  await page.getByRole("button", { name: /^Register for/ }).click();
  await page.getByRole("alert").filter({ hasText: "Cancelled" }).waitFor();
  await keepShot(page, "signature-refused");
  wallet.user.signs = true;
  await page.getByRole("button", { name: "Look again" }).click();
  await page.getByRole("button", { name: /^Register for/ }).click();
  await page.getByText(/^Registered on subnet 9/).waitFor();
  assert.lengthOf(wallet.asked, 2);
});

test("a wallet that lets the page see nothing is named, with what to do", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet } = await open(setup);
  wallet.user.access = "refused";
  await connect(page);
  await page.getByText("scripted-wallet did not let this page see its accounts").waitFor();
  await keepShot(page, "access-refused");
  wallet.user.access = "allowed";
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByLabel("account").waitFor();
});

test("a wallet that is locked leaves the rest of the page as it is", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet } = await open(setup);
  wallet.user.access = "locked";
  await connect(page);
  await page.getByText("Your wallet asks whether this page may see your accounts").waitFor();
  await keepShot(page, "wallet-locked");
  await createHotkey(page);
  await page.getByRole("combobox", { name: /^hotkey/ }).waitFor();
});

test("without an extension the page says which to install", async () => {
  await using setup = await PageSetup.open();
  const { page } = await setup.visit(await setup.context());
  await connect(page);
  await page.getByText("install polkadot-js, Talisman or SubWallet").waitFor();
  await keepShot(page, "no-wallet");
});

test("an account that the wallet shows no more is not paid from", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet } = await open(setup);
  await connect(page);
  await page.getByLabel("account").selectOption(wallet.addresses[1]);
  await createHotkey(page);
  await page.getByRole("button", { name: /^Register for/ }).waitFor();
  await page.evaluate(() => Reflect.get(globalThis, "showAccounts")(1));
  await page.getByText("Choose a coldkey and a hotkey first").waitFor();
  assert.lengthOf(wallet.asked, 0);
});

test("a disconnected wallet shows no account, and asks anew", async () => {
  await using setup = await PageSetup.open();
  const { page, wallet } = await open(setup);
  await chooseColdkey(page, wallet);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("button", { name: "Connect a wallet extension" }).waitFor();
  assert.equal(await page.getByLabel("account").count(), 0);
});

test("a weak passphrase is refused with the reason, and nothing is kept", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await page.getByLabel("passphrase for this browser").fill("123456");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("The passphrase is too simple").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Create", exact: true }).waitFor();
});

test("a hotkey outlasts a reload, and its words are nowhere to be seen any more", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await page.getByRole("button", { name: "Import one" }).click();
  await page.getByLabel("its words, or its keyfile's JSON").fill(MNEMONIC);
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("combobox", { name: /^hotkey/ }).waitFor();
  await page.reload();
  const shown = await page.getByRole("combobox", { name: /^hotkey/ }).textContent();
  // The address that btcli derives from these words.
  assert.match(shown ?? "", /default · 5\w{7}…\w{6}/);
  assert.notInclude(await page.content(), "abandon");
});

test("words that are no mnemonic are refused without being shown", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await page.getByRole("button", { name: "Import one" }).click();
  await page.getByLabel("its words, or its keyfile's JSON").fill(MNEMONIC.replace("about", "zoo"));
  await page.getByLabel("passphrase for this browser").fill(PASSPHRASE);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.notInclude(await alert.textContent() ?? "", "abandon");
});

test("a forgotten hotkey asks first, and is gone then", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await createHotkey(page);
  await page.getByRole("button", { name: "Forget", exact: true }).click();
  await keepShot(page, "forget-hotkey");
  await page.getByRole("button", { name: "Forget it" }).click();
  await page.getByRole("button", { name: "Create", exact: true }).waitFor();
});

test("an exported hotkey is the keyfile that btcli keeps, and needs the passphrase", async () => {
  await using setup = await PageSetup.open();
  const { page } = await open(setup);
  await createHotkey(page);
  await page.getByRole("button", { name: "Export this one" }).click();
  await page.getByLabel("passphrase of this hotkey").fill("another one 1852");
  await page.getByRole("button", { name: "Save its keyfile" }).click();
  await page.getByText("this passphrase does not open the hotkey").waitFor();
  await page.getByLabel("passphrase of this hotkey").fill(PASSPHRASE);
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save its keyfile" }).click();
  const address = await page.getByRole("combobox", { name: /^hotkey/ }).inputValue();
  const stream = await (await saving).createReadStream();
  const pieces: Uint8Array[] = await Array.fromAsync(stream);
  const text = pieces.map((piece) => new TextDecoder().decode(piece)).join("");
  assert.equal(keypairOf(parseKeyRecord(new TextEncoder().encode(text))).address, address);
});
