import { test } from "#test";
import { assert } from "chai";
import { dirname, join } from "node:path";
import { WeftError } from "../../../core/errors.ts";
import { obscurePassword, passwordVariable } from "../../../core/wallet/environment_password.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { keyRecordOf, publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { WrongPasswordError } from "../../../core/wallet/wrong_password.ts";
import type { WalletSystem } from "../../../headless/wallet/system.ts";
import { coldkeySigner, hotkeySigner, unlockKeyfile } from "../../../headless/wallet/unlock.ts";
import { WalletFolder } from "../../../headless/wallet/wallet_folder.ts";
import { type FakeWalletOptions, fakeWalletSystem } from "./fake_wallet_system.ts";
import { ansibleKeyfile, PASSWORD } from "./sealed_file.ts";
import { ALICE, BOB, makeWallet } from "./test_wallet.ts";
import { withTempFolder } from "../temp_folder.ts";

const WRONG = "not-the-password";

/** Hands a body the path of //Alice's key, encrypted, as the coldkey of the wallet `my-wallet`. */
async function withSealed(body: (file: string, dir: string) => Promise<void>): Promise<void> {
  await withTempFolder(async (dir) => {
    await readyKeys();
    const file = join(dir, "wallets", "my-wallet", "coldkey");
    Deno.mkdirSync(dirname(file), { recursive: true });
    const plaintext = writeKeyRecord(keyRecordOf(Keypair.fromUri("//Alice")));
    Deno.writeFileSync(file, await ansibleKeyfile(plaintext), { mode: 0o600 });
    await body(file, dir);
  });
}

async function failure(promise: Promise<unknown>): Promise<WeftError> {
  try {
    await promise;
  } catch (error) {
    assert.instanceOf(error, WeftError, String(error));
    assert.notInclude(error.message, "\n");
    return error;
  }
  assert.fail("nothing failed");
}

/** What unlocking in these surroundings fails with. */
function refusal(file: string, dir: string, options: FakeWalletOptions): Promise<WeftError> {
  return failure(unlockKeyfile(file, fakeWalletSystem(dir, options)));
}

test("a keyfile without a password opens and nothing is asked or said", async () => {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    await makeWallet(system);
    const wallet = new WalletFolder(system.walletsDir, "default");
    assert.equal((await coldkeySigner(wallet, system)).address, ALICE);
    assert.equal((await hotkeySigner(wallet, "default", system)).address, BOB);
    assert.deepEqual(system.said, []);
  });
});

test("an encrypted keyfile opens with the password that is typed, unshown", async () => {
  await withSealed(async (file, dir) => {
    const system = fakeWalletSystem(dir, { answers: [PASSWORD] });
    assert.equal((await unlockKeyfile(file, system)).address, ALICE);
    assert.deepEqual(system.secretQuestions, [`Password of ${file}:`]);
  });
});

test("blanks around a typed password are cut off, as btcli does", async () => {
  await withSealed(async (file, dir) => {
    const system = fakeWalletSystem(dir, { answers: [`  ${PASSWORD}\t`] });
    assert.equal((await unlockKeyfile(file, system)).address, ALICE);
  });
});

test("a wrong password may be typed twice", async () => {
  await withSealed(async (file, dir) => {
    const system = fakeWalletSystem(dir, { answers: [WRONG, "", PASSWORD] });
    assert.equal((await unlockKeyfile(file, system)).address, ALICE);
    assert.include(system.said, "Wrong password, 2 tries are left.");
    assert.include(system.said, "Wrong password, one try is left.");
  });
});

test("the third wrong password is the last, and the error names the file", async () => {
  await withSealed(async (file, dir) => {
    const system = fakeWalletSystem(dir, { answers: [WRONG, WRONG, WRONG, PASSWORD] });
    const error = await failure(unlockKeyfile(file, system));
    assert.include(error.message, `${file}: Wrong password`);
    assert.instanceOf(error.cause, WrongPasswordError);
    assert.equal(system.answersLeft(), 1);
  });
});

test("btwallet's variable opens the keyfile without a question", async () => {
  await withSealed(async (file, dir) => {
    const variable = passwordVariable(file);
    const environment = { [variable]: obscurePassword(PASSWORD, variable) };
    const system = fakeWalletSystem(dir, { answers: [], environment });
    assert.equal((await unlockKeyfile(file, system)).address, ALICE);
  });
});

test("the Python era's variable opens the coldkey of its wallet", async () => {
  await withSealed(async (file, dir) => {
    const environment = { BT_COLD_PW_MY_WALLET: PASSWORD };
    assert.equal(
      (await unlockKeyfile(file, fakeWalletSystem(dir, { environment }))).address,
      ALICE,
    );
  });
});

test("btwallet's variable goes before the Python era's", async () => {
  await withSealed(async (file, dir) => {
    const variable = passwordVariable(file);
    const environment = {
      [variable]: obscurePassword(PASSWORD, variable),
      BT_COLD_PW_MY_WALLET: WRONG,
    };
    assert.equal(
      (await unlockKeyfile(file, fakeWalletSystem(dir, { environment }))).address,
      ALICE,
    );
  });
});

test("a variable of another wallet, or an empty one, is not used", async () => {
  await withSealed(async (file, dir) => {
    const environment = {
      BT_COLD_PW_DEFAULT: PASSWORD,
      BT_COLD_PW_MY_WALLET: "",
      [passwordVariable(file)]: "",
    };
    const system = fakeWalletSystem(dir, { answers: [PASSWORD], environment });
    await unlockKeyfile(file, system);
    assert.lengthOf(system.questions, 1);
  });
});

test("the Python era's variable opens no hotkey", async () => {
  await withSealed(async (file, dir) => {
    const hotkey = join(dirname(file), "hotkeys", "miner");
    Deno.mkdirSync(dirname(hotkey));
    Deno.copyFileSync(file, hotkey);
    const environment = { BT_COLD_PW_HOTKEYS: PASSWORD, BT_COLD_PW_MY_WALLET: PASSWORD };
    const { message } = await refusal(hotkey, dir, { environment });
    assert.include(message, passwordVariable(hotkey));
    assert.notInclude(message, "BT_COLD_PW");
  });
});

test("a wrong password in a variable is not asked again, and the variable is named", async () => {
  await withSealed(async (file, dir) => {
    const environment = { BT_COLD_PW_MY_WALLET: WRONG };
    const { message } = await refusal(file, dir, { answers: [], environment });
    assert.include(message, "the password in BT_COLD_PW_MY_WALLET is wrong");
    assert.notInclude(message, WRONG);
  });
});

test("a variable that is not coded as btwallet does is named, and nothing of it shown", async () => {
  await withSealed(async (file, dir) => {
    const variable = passwordVariable(file);
    const { message } = await refusal(file, dir, { environment: { [variable]: "plain-text!" } });
    assert.include(message, variable);
    assert.notInclude(message, "plain-text");
  });
});

test("without a terminal and a variable the error names the variables", async () => {
  await withSealed(async (file, dir) => {
    const { message } = await refusal(file, dir, {});
    assert.include(message, passwordVariable(file));
    assert.include(message, "BT_COLD_PW_MY_WALLET");
  });
});

test("a keyfile that others may read opens with a warning that tells what to do", async () => {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    await makeWallet(system);
    const wallet = new WalletFolder(system.walletsDir, "default");
    Deno.chmodSync(wallet.coldkeyFile, 0o644);
    assert.equal((await coldkeySigner(wallet, system)).address, ALICE);
    assert.lengthOf(system.said, 1);
    assert.include(system.said[0], "(mode 644)");
    assert.include(system.said[0], `chmod 600 ${wallet.coldkeyFile}`);
  });
});

test("a key that is not there is told with the command that makes it", async () => {
  await withTempFolder(async (dir) => {
    const system: WalletSystem = fakeWalletSystem(dir);
    const wallet = new WalletFolder(join(dir, "wallets"), "mine");
    const cold = await failure(coldkeySigner(wallet, system));
    assert.include(cold.message, "new_coldkey --wallet.name mine");
    const hot = await failure(hotkeySigner(wallet, "miner", system));
    assert.include(hot.message, "new_hotkey --wallet.name mine --wallet.hotkey miner");
  });
});

test("what is no private keyfile is told by the name of the file", async () => {
  await withTempFolder(async (dir) => {
    await readyKeys();
    const file = join(dir, "key");
    const alice = keyRecordOf(Keypair.fromUri("//Alice"));
    const mixed = new TextDecoder().decode(writeKeyRecord(alice)).replaceAll(ALICE, BOB);
    const texts = {
      "empty": "",
      "no JSON object": "rubbish",
      "cut short": '{"privateKey": "0x33a6',
      "not of one key": mixed,
      "cannot sign": new TextDecoder().decode(writeKeyRecord(publicRecordOf(alice.publicKey))),
    };
    for (const [reason, text] of Object.entries(texts)) {
      Deno.writeTextFileSync(file, text, { mode: 0o600 });
      const { message } = await refusal(file, dir, {});
      assert.include(message, `${file}: `);
      assert.include(message, reason);
    }
  });
});

test("an encrypted keyfile that was cut short is told, and no password asked in vain", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "key");
    Deno.writeTextFileSync(file, "$NACL and little more", { mode: 0o600 });
    const { message } = await refusal(file, dir, { answers: [PASSWORD] });
    assert.include(message, `${file}: `);
    assert.notInclude(message, "Wrong password");
  });
});

test("a folder in place of a keyfile is told", async () => {
  await withTempFolder(async (dir) => {
    const file = join(dir, "key");
    Deno.mkdirSync(file);
    assert.include((await refusal(file, dir, {})).message, `${file} is a folder`);
  });
});
