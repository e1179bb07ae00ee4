import { test } from "#test";
import { assert } from "chai";
import { dirname, join } from "node:path";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import type { WalletSystem } from "../../../headless/wallet/system.ts";
import { listWallets, WalletFolder, walletFolder } from "../../../headless/wallet/wallet_folder.ts";
import { fakeWalletSystem } from "./fake_wallet_system.ts";
import { ansibleKeyfile } from "./sealed_file.ts";
import { ALICE, BOB, CHARLIE, makeWallet, type TestWallet } from "./test_wallet.ts";
import { withTempFolder } from "../temp_folder.ts";

/** Hands a body a wallet of the development keys. */
async function withWallet(
  options: TestWallet,
  body: (wallet: WalletFolder) => void | Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    await makeWallet(system, options);
    await body(new WalletFolder(system.walletsDir, options.name ?? "default"));
  });
}

function failure(body: () => unknown, kind: typeof WeftError = WeftError): string {
  try {
    body();
  } catch (error) {
    assert.instanceOf(error, kind, String(error));
    assert.notInclude(error.message, "\n");
    return error.message;
  }
  assert.fail("nothing failed");
}

test("the files of a wallet lie where btcli looks for them", () => {
  const wallet = new WalletFolder("/w", "mine");
  assert.deepEqual(
    [
      wallet.coldkeyFile,
      wallet.coldkeypubFile,
      wallet.hotkeyFile("miner"),
      wallet.hotkeypubFile("miner"),
    ],
    [
      "/w/mine/coldkey",
      "/w/mine/coldkeypub.txt",
      "/w/mine/hotkeys/miner",
      "/w/mine/hotkeys/minerpub.txt",
    ],
  );
});

test("names keep all that btcli's users put into them", () => {
  for (const name of ["a", "my wallet", "my-wallet_2.0", "a..b", "水", "-x"]) {
    assert.equal(new WalletFolder("/w", name).coldkeyFile, `/w/${name}/coldkey`);
    assert.equal(new WalletFolder("/w", "w").hotkeyFile(name), `/w/w/hotkeys/${name}`);
  }
});

test("names that lead out of their folder, hide or steer the terminal are refused", () => {
  const wallet = new WalletFolder("/w", "w");
  for (const name of ["", ".", "..", "../x", "a/b", "/etc", "a\\b", ".x", "a\x00", "a\x1b[2J"]) {
    assert.include(failure(() => new WalletFolder("/w", name), UsageError), "--wallet.name");
    assert.include(failure(() => wallet.hotkeyFile(name), UsageError), "--wallet.hotkey");
    assert.include(failure(() => wallet.hotkeypubFile(name), UsageError), "--wallet.hotkey");
  }
});

test("a hotkey may not have the name of a public file", () => {
  const wallet = new WalletFolder("/w", "w");
  assert.include(failure(() => wallet.hotkeyFile("minerpub.txt"), UsageError), "pub.txt");
});

test("walletFolder() takes ~ for the home, and a relative path from where the user stands", () => {
  const system: WalletSystem = {
    ...fakeWalletSystem("/home/u"),
    userFolder: () => "/work/here",
    home: () => "/home/u",
  };
  const at = (walletPath: string): string =>
    dirname(walletFolder({ walletPath, walletName: "w" }, system).dir);
  assert.equal(at("~/.bittensor/wallets"), "/home/u/.bittensor/wallets");
  assert.equal(at("~"), "/home/u");
  assert.equal(at("wallets"), "/work/here/wallets");
  assert.equal(at("/abs"), "/abs");
  assert.equal(at("~other"), "/work/here/~other");
});

test("walletFolder() says so when ~ is meant and the environment names no home", () => {
  const system: WalletSystem = { ...fakeWalletSystem("/x"), home: () => undefined };
  const values = { walletPath: "~/wallets", walletName: "w" };
  assert.include(failure(() => walletFolder(values, system), UsageError), "HOME is not set");
});

test("addresses are read without a password", async () => {
  await withWallet({}, (wallet) => {
    assert.equal(wallet.coldkeyAddress(), ALICE);
    assert.equal(wallet.hotkeyAddress("default"), BOB);
  });
});

test("a coldkey without its public file tells its address if it is not encrypted", async () => {
  await withWallet({}, async (wallet) => {
    Deno.removeSync(wallet.coldkeypubFile);
    assert.equal(wallet.coldkeyAddress(), ALICE);
    const plaintext = Deno.readFileSync(wallet.coldkeyFile);
    Deno.writeFileSync(wallet.coldkeyFile, await ansibleKeyfile(plaintext));
    assert.include(
      failure(() => wallet.coldkeyAddress()),
      "regen_coldkeypub --wallet.name default --ss58 ADDRESS",
    );
  });
});

test("an encrypted hotkey tells its address by its public file", async () => {
  await withWallet({}, async (wallet) => {
    const plaintext = Deno.readFileSync(wallet.hotkeyFile("default"));
    Deno.writeFileSync(wallet.hotkeyFile("default"), await ansibleKeyfile(plaintext));
    assert.include(failure(() => wallet.hotkeyAddress("default")), "has no defaultpub.txt");
    const bob = publicRecordOf(Keypair.fromUri("//Bob").publicKey);
    Deno.writeFileSync(wallet.hotkeypubFile("default"), writeKeyRecord(bob));
    assert.equal(wallet.hotkeyAddress("default"), BOB);
  });
});

test("a hotkey's own file is believed before a public file that an older key left", async () => {
  await withWallet({}, (wallet) => {
    const charlie = publicRecordOf(Keypair.fromUri("//Charlie").publicKey);
    Deno.writeFileSync(wallet.hotkeypubFile("default"), writeKeyRecord(charlie));
    assert.equal(wallet.hotkeyAddress("default"), BOB);
    Deno.removeSync(wallet.hotkeyFile("default"));
    assert.equal(wallet.hotkeyAddress("default"), CHARLIE);
  });
});

test("addresses that are nowhere are told with the command that makes the key", async () => {
  await withWallet({ name: "mine" }, (wallet) => {
    assert.include(
      failure(() => wallet.hotkeyAddress("other")),
      "new_hotkey --wallet.name mine --wallet.hotkey other",
    );
    const absent = new WalletFolder(wallet.path, "absent");
    assert.include(failure(() => absent.coldkeyAddress()), "new_coldkey --wallet.name absent");
  });
});

test("a damaged file is named", async () => {
  await withWallet({}, (wallet) => {
    Deno.writeTextFileSync(wallet.coldkeypubFile, "{}");
    assert.include(failure(() => wallet.coldkeyAddress()), `${wallet.coldkeypubFile}: `);
  });
});

test("hotkeyNames() leaves out public files and hidden ones", async () => {
  await withWallet({ hotkeys: { b: "//Bob", a: "//Alice" } }, (wallet) => {
    for (const name of ["apub.txt", "lonepub.txt", ".b.1234.new", ".DS_Store"]) {
      Deno.writeTextFileSync(join(wallet.dir, "hotkeys", name), "");
    }
    assert.deepEqual(wallet.hotkeyNames(), ["a", "b"]);
  });
});

test("hotkeyNames() and listWallets() find nothing where no folder is", () => {
  const path = join(Deno.cwd(), "node_modules", "no", "such", "folder");
  assert.deepEqual(new WalletFolder(path, "w").hotkeyNames(), []);
  assert.deepEqual(listWallets(path), []);
});

test("listWallets() lists folders by name, and no files and hidden folders", async () => {
  await withTempFolder((dir) => {
    for (const name of ["b", "a", ".git"]) Deno.mkdirSync(join(dir, name));
    Deno.writeTextFileSync(join(dir, "notes.txt"), "");
    assert.deepEqual(listWallets(dir).map(({ name }) => name), ["a", "b"]);
  });
});

test("listWallets() says so where a file is in place of the folder", async () => {
  await withTempFolder((dir) => {
    const path = join(dir, "wallets");
    Deno.writeTextFileSync(path, "");
    assert.include(failure(() => listWallets(path)), `${path} cannot be listed`);
  });
});
