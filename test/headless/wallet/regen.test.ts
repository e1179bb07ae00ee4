import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { jsonEncrypt } from "@polkadot/util-crypto/json";
import { parseKeyRecord } from "../../../core/wallet/key_record.ts";
import { regenColdkeyCommand } from "../../../headless/wallet/regen_coldkey.ts";
import { regenHotkeyCommand } from "../../../headless/wallet/regen_hotkey.ts";
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
import { ALICE, DEV } from "../../wallet/fixtures.ts";

const WORDS = DEV.phrase.split(" ");
const JSON_PASSWORD = "json-password-1";

interface Place {
  readonly dir: string;
  readonly system: FakeWalletSystem;
  readonly wallet: WalletFolder;
  /** regen_hotkey. */
  regen(...args: string[]): Promise<WalletRun>;
}

async function withPlace(
  options: FakeWalletOptions,
  body: (place: Place) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir, options);
    const wallet = new WalletFolder(system.walletsDir, "default");
    const regen = (...args: string[]): Promise<WalletRun> =>
      runWallet(regenHotkeyCommand, system, args);
    await body({ dir, system, wallet, regen });
  });
}

/** //Alice as polkadot-js exports it. */
function aliceExport(password: string | null): string {
  const pkcs8 = Uint8Array.fromHex(
    `3053020101300506032b657004220420${ALICE.polkadotKey}a123032100${ALICE.publicKey}`,
  );
  const json = jsonEncrypt(pkcs8, ["pkcs8", "sr25519"], password);
  return JSON.stringify({ ...json, address: ALICE.address, meta: { name: "alice" } });
}

test("regen_coldkey makes a coldkey of its mnemonic", async () => {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    const args = ["--mnemonic", DEV.phrase, "--no-use-password"];
    const { code, out } = await runWallet(regenColdkeyCommand, system, args);
    assert.deepEqual([code, out], [0, `Coldkey of wallet "default": ${DEV.address}\n`]);
    const wallet = new WalletFolder(system.walletsDir, "default");
    assert.deepEqual(namesIn(wallet.dir), ["coldkey", "coldkeypub.txt"]);
    const { secretPhrase } = parseKeyRecord(Deno.readFileSync(wallet.coldkeyFile)).secrets();
    assert.equal(secretPhrase, DEV.phrase);
  });
});

test("regen_coldkey asks for a password, after the mnemonic and unless told not to", async () => {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir);
    const { code, error } = await runWallet(regenColdkeyCommand, system, [
      "--mnemonic",
      DEV.phrase,
    ]);
    assert.equal(code, 2);
    assert.include(error, "no one is there to choose a password");
    assert.notInclude(error, WORDS[0]);
  });
});

test("a mnemonic may be typed without quotes, in any case and spacing", async () => {
  for (const words of [WORDS, [` ${DEV.phrase.toUpperCase()}  `], [DEV.phrase, ""]]) {
    await withPlace({}, async ({ regen, wallet }) => {
      assert.equal((await regen("--mnemonic", ...words)).code, 0);
      assert.equal(wallet.hotkeyAddress("default"), DEV.address);
    });
  }
});

test("without a flag the mnemonic is asked for, and not shown as it is typed", async () => {
  for (const answer of [DEV.phrase, `0x${DEV.seed}`, ` ${DEV.seed} `]) {
    await withPlace({ answers: [answer] }, async ({ regen, system, wallet }) => {
      assert.equal((await regen()).code, 0);
      assert.lengthOf(system.secretQuestions, 1);
      assert.equal(wallet.hotkeyAddress("default"), DEV.address);
    });
  }
});

test("without a flag and a terminal it is wrong use", async () => {
  await withPlace({}, async ({ regen, system }) => {
    const { code, error } = await regen();
    assert.equal(code, 2);
    assert.include(error, "--mnemonic");
    assert.throws(() => namesIn(system.walletsDir));
  });
});

test("a wrong mnemonic is wrong use, and of its words at most the wrong one is shown", async () => {
  const cases: [string[], string][] = [
    [WORDS.with(4, "curtian"), "Word 5 of the mnemonic"],
    [WORDS.with(4, WORDS[0]), "checksum"],
    [WORDS.slice(1), "but 11 were given"],
  ];
  for (const [words, expected] of cases) {
    await withPlace({ answers: [words.join(" ")] }, async ({ regen, system }) => {
      for (const run of [await regen("--mnemonic", words.join(" ")), await regen()]) {
        assert.deepEqual([run.code, run.out], [2, ""]);
        assert.include(run.error, expected);
        // "curtain" may be what was meant, and a checksum does not "fit" without the mnemonic too.
        for (const word of WORDS.filter((each) => !["curtain", "fit"].includes(each))) {
          assert.notMatch(run.error, new RegExp(`\\b${word}\\b`));
        }
      }
      assert.throws(() => namesIn(system.walletsDir));
    });
  }
});

test("words without a flag are wrong use, and not shown", async () => {
  await withPlace({ answers: [] }, async ({ regen }) => {
    const { code, error } = await regen(...WORDS);
    assert.equal(code, 2);
    assert.notInclude(error, WORDS[0]);
  });
});

test("--seed makes the key, with 0x or without", async () => {
  for (const seed of [DEV.seed, `0x${DEV.seed}`, DEV.seed.toUpperCase()]) {
    await withPlace({}, async ({ regen, wallet }) => {
      assert.equal((await regen("--seed", seed)).code, 0);
      assert.equal(wallet.hotkeyAddress("default"), DEV.address);
    });
  }
});

test("a seed of another length or no hex is wrong use, and not shown", async () => {
  for (const seed of [DEV.seed.slice(2), `${DEV.seed}00`, DEV.seed.replace("f", "g"), "42"]) {
    await withPlace({}, async ({ regen }) => {
      const { code, error } = await regen("--seed", seed);
      assert.equal(code, 2);
      assert.include(error, "64 hex digits");
      assert.notInclude(error, seed);
    });
  }
});

test("a key that is described twice is wrong use", async () => {
  await withPlace({}, async ({ regen }) => {
    const { code, error } = await regen("--seed", DEV.seed, "--mnemonic", DEV.phrase);
    assert.equal(code, 2);
    assert.include(error, "--mnemonic and --seed each describe a key");
    assert.notInclude(error, DEV.seed);
  });
});

test("an export of polkadot-js makes the key, with its password typed or given", async () => {
  for (const [args, answers] of [[[], [JSON_PASSWORD]], [["--json-password", JSON_PASSWORD], []]]) {
    await withPlace({ answers }, async ({ dir, regen, system, wallet }) => {
      Deno.writeTextFileSync(join(dir, "alice.json"), aliceExport(JSON_PASSWORD));
      const { code, error } = await regen("--json-file", "alice.json", ...args);
      assert.equal(code, 0, error);
      assert.equal(system.answersLeft(), 0);
      assert.equal(wallet.hotkeyAddress("default"), ALICE.address);
      const { privateKey } = parseKeyRecord(Deno.readFileSync(wallet.hotkeyFile("default")))
        .secrets();
      assert.equal(privateKey?.toHex(), ALICE.privateKey);
    });
  }
});

test("an export without a password asks for none, and ~ is the home", async () => {
  await withPlace({}, async ({ dir, regen, wallet }) => {
    Deno.writeTextFileSync(join(dir, "alice.json"), aliceExport(null));
    assert.equal((await regen("--json-file", "~/alice.json")).code, 0);
    assert.equal(wallet.hotkeyAddress("default"), ALICE.address);
  });
});

test("a wrong password of an export is asked for three times, or refused at once", async () => {
  await withPlace({ answers: ["x", "y", "z"] }, async ({ dir, regen, system }) => {
    Deno.writeTextFileSync(join(dir, "alice.json"), aliceExport(JSON_PASSWORD));
    for (const args of [[], ["--json-password", "wrong"]]) {
      const { code, error } = await regen("--json-file", "alice.json", ...args);
      assert.equal(code, 1);
      assert.include(error, "Wrong password");
    }
    assert.equal(system.answersLeft(), 0);
    assert.throws(() => namesIn(system.walletsDir));
  });
});

test("an encrypted export without a password and a terminal is wrong use", async () => {
  await withPlace({}, async ({ dir, regen }) => {
    Deno.writeTextFileSync(join(dir, "alice.json"), aliceExport(JSON_PASSWORD));
    const { code, error } = await regen("--json-file", "alice.json");
    assert.equal(code, 2);
    assert.include(error, "--json-password");
  });
});

test("a file that is no export, or not there, is told", async () => {
  await withPlace({ answers: [] }, async ({ dir, regen }) => {
    Deno.writeTextFileSync(join(dir, "notes.json"), "{}");
    for (const name of ["notes.json", "none.json", "."]) {
      const { code, error } = await regen("--json-file", name);
      assert.equal(code, 1, error);
      assert.match(error, /^error: .*\n$/);
    }
  });
});

test("--json behind regen is the form of the output, and no secret is in it", async () => {
  await withPlace({}, async ({ regen, wallet }) => {
    const { out } = await regen("--json", "--seed", DEV.seed);
    assert.deepEqual(jsonLines(out), [{
      wallet: "default",
      hotkey: "default",
      address: DEV.address,
      publicKey: `0x${DEV.publicKey}`,
      isEncrypted: false,
      keyfile: wallet.hotkeyFile("default"),
      publicKeyfile: wallet.hotkeypubFile("default"),
    }]);
  });
});

test("a key that is there is refused before the mnemonic is asked for", async () => {
  await withPlace({ answers: [] }, async ({ regen, wallet }) => {
    await regen("--seed", DEV.seed);
    const { code, error } = await regen();
    assert.equal(code, 1);
    assert.include(error, "--overwrite");
    assert.equal(wallet.hotkeyAddress("default"), DEV.address);
  });
});

test("--overwrite with a wrong mnemonic leaves the old key", async () => {
  await withPlace({}, async ({ regen, wallet }) => {
    await regen("--seed", DEV.seed);
    const { code } = await regen("--overwrite", "--yes", "--mnemonic", WORDS.slice(1).join(" "));
    assert.equal(code, 2);
    assert.equal(wallet.hotkeyAddress("default"), DEV.address);
    assert.deepEqual(namesIn(join(wallet.dir, "hotkeys")), ["default", "defaultpub.txt"]);
  });
});
