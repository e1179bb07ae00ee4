import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { keypairOf, parseKeyRecord } from "../../../core/wallet/key_record.ts";
import { keyfileFormat } from "../../../core/wallet/keyfile.ts";
import { newColdkeyCommand } from "../../../headless/wallet/new_coldkey.ts";
import { newHotkeyCommand } from "../../../headless/wallet/new_hotkey.ts";
import { coldkeySigner, hotkeySigner } from "../../../headless/wallet/unlock.ts";
import { WalletFolder } from "../../../headless/wallet/wallet_folder.ts";
import {
  type FakeWalletOptions,
  type FakeWalletSystem,
  fakeWalletSystem,
  jsonLines,
  runWallet,
  type WalletRun,
} from "./fake_wallet_system.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";

const PLAIN = "--no-use-password";
/** Good enough for a new key. */
const PASSWORD = "weft-Test-7";
const MNEMONIC = /^ {4}((?:[a-z]+ ){11,23}[a-z]+)$/m;

interface Place {
  readonly system: FakeWalletSystem;
  readonly wallet: WalletFolder;
  coldkey(...args: string[]): Promise<WalletRun>;
  hotkey(...args: string[]): Promise<WalletRun>;
}

/** Hands a body an empty home, and commands for the wallet `default` in it. */
async function withPlace(
  options: FakeWalletOptions,
  body: (place: Place) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir, options);
    await body({
      system,
      wallet: new WalletFolder(system.walletsDir, "default"),
      coldkey: (...args) => runWallet(newColdkeyCommand, system, args),
      hotkey: (...args) => runWallet(newHotkeyCommand, system, args),
    });
  });
}

/** The address of the key in a file that is not encrypted, made anew from its secret. */
function addressIn(file: string): string {
  return keypairOf(parseKeyRecord(Deno.readFileSync(file))).address;
}

test("new_coldkey writes coldkey and coldkeypub.txt of one key, and shows its address", async () => {
  await withPlace({}, async ({ coldkey, wallet }) => {
    const { code, out } = await coldkey(PLAIN);
    assert.equal(code, 0);
    const address = addressIn(wallet.coldkeyFile);
    assert.include(out, `Coldkey of wallet "default": ${address}\n`);
    assert.equal(wallet.coldkeyAddress(), address);
    assert.deepEqual(namesIn(wallet.dir), ["coldkey", "coldkeypub.txt"]);
  });
});

test("coldkeypub.txt holds nothing but the public key", async () => {
  await withPlace({}, async ({ coldkey, wallet }) => {
    await coldkey(PLAIN);
    const fields = JSON.parse(Deno.readTextFileSync(wallet.coldkeypubFile));
    assert.sameMembers(Object.keys(fields), ["accountId", "publicKey", "ss58Address"]);
  });
});

test("new_coldkey shows the mnemonic that makes the key, once, on stdout, with a warning", async () => {
  await withPlace({}, async ({ coldkey, wallet }) => {
    const { out, error } = await coldkey(PLAIN);
    const record = parseKeyRecord(Deno.readFileSync(wallet.coldkeyFile));
    const mnemonic = record.secrets().secretPhrase ?? assert.fail("no mnemonic was kept");
    assert.equal(MNEMONIC.exec(out)?.[1], mnemonic);
    assert.lengthOf(out.split(mnemonic), 2);
    assert.notInclude(error, mnemonic);
    assert.include(error, "IMPORTANT: write down the mnemonic");
  });
});

test("--n-words decides how long the mnemonic is, and 13 is refused", async () => {
  await withPlace({}, async ({ coldkey, hotkey }) => {
    const count = ({ out }: WalletRun): number => MNEMONIC.exec(out)?.[1].split(" ").length ?? 0;
    assert.equal(count(await coldkey(PLAIN, "--n_words", "24")), 24);
    assert.equal(count(await hotkey("--n-words=15")), 15);
    const { code, error } = await hotkey("--n-words", "13", "--wallet.hotkey", "other");
    assert.equal(code, 2);
    assert.include(error, "expected 12, 15, 18, 21 or 24");
  });
});

test("two keys of one surroundings differ", async () => {
  await withPlace({}, async ({ coldkey, hotkey, wallet }) => {
    await coldkey(PLAIN);
    await hotkey();
    assert.notEqual(wallet.coldkeyAddress(), wallet.hotkeyAddress("default"));
  });
});

test("new_coldkey encrypts with a password that is typed twice, unshown, and opens again", async () => {
  const answers = [PASSWORD, ` ${PASSWORD} `, PASSWORD];
  await withPlace({ answers }, async ({ coldkey, system, wallet }) => {
    const { code, out } = await coldkey();
    assert.equal(code, 0);
    assert.equal(keyfileFormat(Deno.readFileSync(wallet.coldkeyFile)), "nacl");
    assert.deepEqual(system.secretQuestions, system.questions);
    assert.match(out, MNEMONIC);
    assert.equal((await coldkeySigner(wallet, system)).address, wallet.coldkeyAddress());
  });
});

test("a password of the environment that is too weak or unusable makes no key", async () => {
  for (const password of ["abc", "aaaaaaaa", ` ${PASSWORD}`]) {
    const environment = { BT_COLD_PW_DEFAULT: password };
    await withPlace({ environment, answers: [] }, async ({ coldkey, system }) => {
      const { code, error } = await coldkey();
      assert.equal(code, 1);
      assert.include(error, "BT_COLD_PW_DEFAULT holds no password for a new key");
      assert.notInclude(error, password);
      assert.throws(() => namesIn(system.walletsDir));
    });
  }
});

test("new_coldkey without a terminal and a password is wrong use, and nothing is written", async () => {
  await withPlace({}, async ({ coldkey, system }) => {
    const { code, out, error } = await coldkey();
    assert.deepEqual([code, out], [2, ""]);
    assert.include(error, "BT_COLD_PW_DEFAULT");
    assert.include(error, "--no-use-password");
    assert.throws(() => namesIn(system.walletsDir));
  });
});

test("new_hotkey writes a hotkey without a password and its public file", async () => {
  await withPlace({}, async ({ hotkey, system, wallet }) => {
    const { code, out } = await hotkey("--wallet-hotkey", "miner");
    assert.equal(code, 0);
    assert.deepEqual(namesIn(join(wallet.dir, "hotkeys")), ["miner", "minerpub.txt"]);
    const { address } = await hotkeySigner(wallet, "miner", system);
    assert.include(out, `Hotkey "miner" of wallet "default": ${address}\n`);
    assert.match(out, MNEMONIC);
  });
});

test("--wallet.name and --wallet.path say where a key is kept", async () => {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    const args = ["--wallet.path", "keys", "--wallet_name", "mine"];
    assert.equal((await runWallet(newHotkeyCommand, system, args)).code, 0);
    assert.deepEqual(namesIn(join(dir, "keys", "mine", "hotkeys")), ["default", "defaultpub.txt"]);
  });
});

test("a key that is there is not replaced, and nothing is asked", async () => {
  await withPlace({ answers: [] }, async ({ coldkey, hotkey, wallet }) => {
    await coldkey(PLAIN);
    await hotkey();
    const before = [wallet.coldkeyAddress(), wallet.hotkeyAddress("default")];
    for (const run of [await coldkey(), await coldkey(PLAIN, "--yes"), await hotkey()]) {
      assert.deepEqual([run.code, run.out], [1, ""]);
      assert.include(run.error, "--overwrite");
    }
    assert.deepEqual([wallet.coldkeyAddress(), wallet.hotkeyAddress("default")], before);
  });
});

test("half a key is not replaced either, and stays alone", async () => {
  for (const half of ["coldkey", "coldkeypub.txt"]) {
    await withPlace({ answers: [] }, async ({ coldkey, wallet }) => {
      Deno.mkdirSync(wallet.dir, { recursive: true });
      Deno.writeTextFileSync(join(wallet.dir, half), "old");
      const { code, error } = await coldkey();
      assert.equal(code, 1);
      assert.include(error, join(wallet.dir, half));
      assert.deepEqual(namesIn(wallet.dir), [half]);
    });
  }
});

test("--overwrite asks, and a no leaves the key", async () => {
  for (const answer of ["", "n", "nope", "yess"]) {
    await withPlace({ answers: [answer] }, async ({ hotkey, system, wallet }) => {
      await hotkey();
      const before = wallet.hotkeyAddress("default");
      const { code, out, error } = await hotkey("--overwrite");
      assert.deepEqual([code, out, error], [1, "", "Nothing was written.\n"]);
      assert.include(system.questions[0], `Replace the hotkey "default" of wallet "default"?`);
      assert.equal(wallet.hotkeyAddress("default"), before);
    });
  }
});

test("--overwrite replaces both files after a yes, or with --yes without asking", async () => {
  for (const [answers, args] of [[["y"], []], [[], ["-y"]], [undefined, ["--yes"]]] as const) {
    await withPlace({ answers }, async ({ hotkey, system, wallet }) => {
      await hotkey();
      const before = wallet.hotkeyAddress("default");
      assert.equal((await hotkey("--overwrite", ...args)).code, 0);
      assert.equal(system.answersLeft(), 0);
      assert.notEqual(wallet.hotkeyAddress("default"), before);
      assert.deepEqual(namesIn(join(wallet.dir, "hotkeys")), ["default", "defaultpub.txt"]);
    });
  }
});

test("--overwrite without a terminal and --yes is wrong use, and leaves the key", async () => {
  await withPlace({}, async ({ hotkey, wallet }) => {
    await hotkey();
    const before = wallet.hotkeyAddress("default");
    const { code, error } = await hotkey("--overwrite");
    assert.equal(code, 2);
    assert.include(error, "add --yes");
    assert.equal(wallet.hotkeyAddress("default"), before);
  });
});

test("--overwrite does not replace a folder", async () => {
  await withPlace({}, async ({ coldkey, wallet }) => {
    Deno.mkdirSync(wallet.coldkeyFile, { recursive: true });
    const { code, error } = await coldkey(PLAIN, "--overwrite", "--yes");
    assert.equal(code, 1);
    assert.include(error, `${wallet.coldkeyFile} is a folder`);
  });
});

test("a name that the disk does not take leaves no half key", async () => {
  await withPlace({}, async ({ hotkey, wallet }) => {
    const { code, out, error } = await hotkey("--wallet.hotkey", "k".repeat(210));
    assert.deepEqual([code, out], [1, ""]);
    assert.include(error, "the key was not written");
    assert.deepEqual(namesIn(join(wallet.dir, "hotkeys")), []);
  });
});

test("a wallet name that is a path is wrong use", async () => {
  await withPlace({}, async ({ coldkey, hotkey }) => {
    assert.equal((await coldkey(PLAIN, "--wallet.name", "../x")).code, 2);
    assert.equal((await hotkey("--wallet.hotkey", "a/b")).code, 2);
  });
});

test("--json tells addresses and paths, and the mnemonic goes to the terminal", async () => {
  await withPlace({ answers: [] }, async ({ hotkey, wallet }) => {
    const { out, error } = await hotkey("--json");
    const { publicKey, ...others } = jsonLines(out)[0];
    assert.match(String(publicKey), /^0x[0-9a-f]{64}$/);
    assert.deepEqual(others, {
      wallet: "default",
      hotkey: "default",
      address: wallet.hotkeyAddress("default"),
      isEncrypted: false,
      keyfile: wallet.hotkeyFile("default"),
      publicKeyfile: wallet.hotkeypubFile("default"),
    });
    assert.notMatch(out, MNEMONIC);
    assert.match(error, MNEMONIC);
  });
});

test("--json without a terminal shows no mnemonic and tells where it is", async () => {
  await withPlace({}, async ({ coldkey, wallet }) => {
    const { code, out, error } = await coldkey(PLAIN, "--json");
    assert.equal(code, 0);
    assert.lengthOf(jsonLines(out), 1);
    assert.notMatch(error, MNEMONIC);
    assert.include(error, "was not shown");
    assert.include(error, `it is in ${wallet.coldkeyFile} alone`);
    assert.equal(addressIn(wallet.coldkeyFile), wallet.coldkeyAddress());
  });
});
