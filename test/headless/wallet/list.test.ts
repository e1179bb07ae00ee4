import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { listCommand } from "../../../headless/wallet/list.ts";
import {
  type FakeWalletSystem,
  fakeWalletSystem,
  jsonLines,
  runWallet,
  type WalletRun,
} from "./fake_wallet_system.ts";
import { ansibleKeyfile } from "./sealed_file.ts";
import { ALICE, BOB, CHARLIE, makeWallet } from "./test_wallet.ts";
import { withTempFolder } from "../temp_folder.ts";

async function withPlace(
  body: (
    system: FakeWalletSystem,
    list: (...args: string[]) => Promise<WalletRun>,
  ) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    await body(system, (...args) => runWallet(listCommand, system, args));
  });
}

test("list draws wallets and their hotkeys as a tree, by name", async () => {
  await withPlace(async (system, list) => {
    await makeWallet(system, { name: "two", coldkey: "//Bob", hotkeys: {} });
    await makeWallet(system, { name: "one", hotkeys: { b: "//Charlie", a: "//Bob" } });
    const { code, out, error } = await list();
    assert.deepEqual([code, error], [0, ""]);
    assert.deepEqual(out.split("\n"), [
      `Wallets in ${system.walletsDir}`,
      `├── Coldkey one  ${ALICE}`,
      `│   ├── Hotkey a  ${BOB}`,
      `│   └── Hotkey b  ${CHARLIE}`,
      `└── Coldkey two  ${BOB}`,
      "",
    ]);
  });
});

test("list --json tells a wallet a line", async () => {
  await withPlace(async (system, list) => {
    await makeWallet(system);
    const { out } = await list("--json");
    assert.deepEqual(jsonLines(out), [{
      wallet: "default",
      path: join(system.walletsDir, "default"),
      coldkey: { address: ALICE },
      hotkeys: [{ name: "default", address: BOB }],
    }]);
  });
});

test("list shows a key that it cannot read as such, and all others", async () => {
  await withPlace(async (system, list) => {
    await makeWallet(system, { hotkeys: { a: "//Bob", b: "//Bob", c: "//Charlie", d: "//Bob" } });
    const hotkeys = join(system.walletsDir, "default", "hotkeys");
    Deno.writeTextFileSync(join(hotkeys, "a"), "rubbish");
    const plaintext = Deno.readFileSync(join(hotkeys, "b"));
    Deno.writeFileSync(join(hotkeys, "b"), await ansibleKeyfile(plaintext));
    Deno.removeSync(join(hotkeys, "d"));
    Deno.mkdirSync(join(hotkeys, "d"));
    const { code, out, error } = await list();
    assert.equal(code, 0);
    assert.deepEqual(out.split("\n").slice(2), [
      "    ├── Hotkey a  ?",
      "    ├── Hotkey b  ?",
      `    ├── Hotkey c  ${CHARLIE}`,
      "    └── Hotkey d  ?",
      "",
    ]);
    assert.lengthOf(error.trimEnd().split("\n"), 3);
    assert.include(error, `${join(hotkeys, "a")}: Not a usable keyfile`);
    assert.include(error, 'hotkey "b" of wallet "default" is encrypted');
    assert.include(error, `${join(hotkeys, "d")} is a folder`);
  });
});

test("list --json tells why a key has no address", async () => {
  await withPlace(async (system, list) => {
    Deno.mkdirSync(join(system.walletsDir, "empty"), { recursive: true });
    const { code, out } = await list("--json");
    assert.equal(code, 0);
    const [{ coldkey, hotkeys }] = jsonLines(out);
    assert.deepEqual(hotkeys, []);
    assert.include(JSON.stringify(coldkey), "new_coldkey");
  });
});

test("list shows a wallet whose hotkeys cannot be listed", async () => {
  await withPlace(async (system, list) => {
    await makeWallet(system, { hotkeys: {} });
    const hotkeys = join(system.walletsDir, "default", "hotkeys");
    Deno.removeSync(hotkeys);
    Deno.writeTextFileSync(hotkeys, "");
    const { code, out, error } = await list();
    assert.equal(code, 0);
    assert.include(out, ALICE);
    assert.include(error, `${hotkeys} cannot be listed`);
  });
});

test("list needs no password and opens no encrypted key", async () => {
  await withPlace(async (system, list) => {
    await makeWallet(system);
    const coldkey = join(system.walletsDir, "default", "coldkey");
    Deno.writeTextFileSync(coldkey, "$NACL, and not worth opening");
    const { out, error } = await list();
    assert.include(out, ALICE);
    assert.equal(error, "");
  });
});

test("list without a wallet says what makes one, and that is no failure", async () => {
  await withPlace(async (_, list) => {
    for (const args of [[], ["--json"]]) {
      const { code, out, error } = await list(...args);
      assert.deepEqual([code, out], [0, ""]);
      assert.include(error, "new_coldkey makes one");
    }
  });
});

test("list fails where the folder of wallets is a file", async () => {
  await withPlace(async (system, list) => {
    Deno.writeTextFileSync(join(system.home() ?? "", "wallets"), "");
    const { code, error } = await list("--wallet.path", "~/wallets");
    assert.equal(code, 1);
    assert.include(error, "cannot be listed");
  });
});
