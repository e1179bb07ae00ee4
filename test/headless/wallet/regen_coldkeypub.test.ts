import { test } from "#test";
import { assert } from "chai";
import { regenColdkeypubCommand } from "../../../headless/wallet/regen_coldkeypub.ts";
import { WalletFolder } from "../../../headless/wallet/wallet_folder.ts";
import {
  type FakeWalletOptions,
  fakeWalletSystem,
  jsonLines,
  runWallet,
  type WalletRun,
} from "./fake_wallet_system.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";
import { ALICE, DEV } from "../../wallet/fixtures.ts";

type Regen = (...args: string[]) => Promise<WalletRun>;

async function withPlace(
  options: FakeWalletOptions,
  body: (regen: Regen, wallet: WalletFolder) => Promise<void>,
): Promise<void> {
  await withTempFolder(async (dir) => {
    const system = fakeWalletSystem(dir, options);
    const regen: Regen = (...args) => runWallet(regenColdkeypubCommand, system, args);
    await body(regen, new WalletFolder(system.walletsDir, "default"));
  });
}

test("regen_coldkeypub writes the public file of an address and nothing else", async () => {
  await withPlace({}, async (regen, wallet) => {
    const { code, out } = await regen("--ss58", DEV.address);
    assert.deepEqual([code, out], [0, `Coldkey of wallet "default": ${DEV.address}\n`]);
    assert.deepEqual(namesIn(wallet.dir), ["coldkeypub.txt"]);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(wallet.coldkeypubFile)), {
      accountId: `0x${DEV.publicKey}`,
      publicKey: `0x${DEV.publicKey}`,
      ss58Address: DEV.address,
    });
    assert.equal((Deno.statSync(wallet.coldkeypubFile).mode ?? 0) & 0o777, 0o600);
  });
});

test("regen_coldkeypub takes the public key in hex, with 0x or without", async () => {
  for (const digits of [DEV.publicKey, `0x${DEV.publicKey}`]) {
    await withPlace({}, async (regen, wallet) => {
      assert.equal((await regen("--public-key-hex", digits)).code, 0);
      assert.equal(wallet.coldkeyAddress(), DEV.address);
    });
  }
});

test("regen_coldkeypub writes an address of another network with Bittensor's prefix", async () => {
  await withPlace({}, async (regen, wallet) => {
    // //Alice on Polkadot.
    await regen("--ss58", "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5");
    assert.equal(wallet.coldkeyAddress(), ALICE.address);
  });
});

test("regen_coldkeypub asks for an address or a public key if none is given", async () => {
  for (const answer of [DEV.address, ` ${DEV.publicKey} `]) {
    await withPlace({ answers: [answer] }, async (regen, wallet) => {
      assert.equal((await regen()).code, 0);
      assert.equal(wallet.coldkeyAddress(), DEV.address);
    });
  }
});

test("regen_coldkeypub refuses what is no address or key, two accounts, and none", async () => {
  await withPlace({}, async (regen, wallet) => {
    const wrong = [
      ["--ss58", DEV.address.slice(0, -1)],
      ["--ss58", DEV.address.replace("5D", "5E")],
      ["--public-key-hex", DEV.publicKey.slice(2)],
      ["--ss58", DEV.address, "--public-key-hex", ALICE.publicKey],
      [],
    ];
    for (const args of wrong) {
      const { code, out } = await regen(...args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
    }
    assert.throws(() => namesIn(wallet.dir));
  });
});

test("regen_coldkeypub takes address and key of one account", async () => {
  await withPlace({}, async (regen) => {
    const { code } = await regen("--ss58", DEV.address, "--public-key-hex", DEV.publicKey);
    assert.equal(code, 0);
  });
});

test("regen_coldkeypub replaces a file only with --overwrite, and asks", async () => {
  await withPlace({ answers: ["n", "y"] }, async (regen, wallet) => {
    await regen("--ss58", DEV.address);
    assert.equal((await regen("--ss58", ALICE.address)).code, 1);
    assert.equal((await regen("--ss58", ALICE.address, "--overwrite")).code, 1);
    assert.equal(wallet.coldkeyAddress(), DEV.address);
    assert.equal((await regen("--ss58", ALICE.address, "--overwrite")).code, 0);
    assert.equal(wallet.coldkeyAddress(), ALICE.address);
  });
});

test("regen_coldkeypub --json tells the account and the file", async () => {
  await withPlace({}, async (regen, wallet) => {
    const { out } = await regen("--json", "--ss58", DEV.address);
    assert.deepEqual(jsonLines(out), [{
      wallet: "default",
      address: DEV.address,
      publicKey: `0x${DEV.publicKey}`,
      publicKeyfile: wallet.coldkeypubFile,
    }]);
  });
});
