import { test } from "#test";
import { assert } from "chai";
import { encodeAddress } from "@polkadot/util-crypto/address";
import { join } from "node:path";
import * as v from "valibot";
import { decodeAddress } from "../../../core/wallet/address.ts";
import { WeftError } from "../../../core/errors.ts";
import { balanceCommand } from "../../../headless/wallet/balance.ts";
import { neverSends, TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { withWallet } from "./money_commands.ts";
import { ALICE, BOB, CHARLIE, makeWallet } from "./test_wallet.ts";

const STAKES = {
  [ALICE]: [
    { netuid: 27, hotkey: BOB, stakeAlphaRao: 1n },
    { netuid: 9, hotkey: BOB, stakeAlphaRao: 5n * TAO },
    { netuid: 9, hotkey: CHARLIE, stakeAlphaRao: TAO / 2n },
    { netuid: 0, hotkey: BOB, stakeAlphaRao: 2n * TAO },
    { netuid: 0, hotkey: CHARLIE, stakeAlphaRao: 3n },
    { netuid: 5, hotkey: CHARLIE, stakeAlphaRao: 0n },
  ],
};

test("balance adds up free and root stake, and lists alpha by subnet beside them", async () => {
  await withWallet({ chain: { stakes: STAKES } }, async ({ system }) => {
    const { code, out, error } = await runWallet(balanceCommand, system, [], { columns: 200 });
    assert.deepEqual([code, error], [0, ""]);
    const wide = [
      "wallet   coldkey                                                   free       staked         total  alpha by subnet",
      `default  ${ALICE}  10.000000000  2.000000003  12.000000003  9: 5.5, 27: 0.000000001`,
    ];
    assert.deepEqual(out.split("\n"), [...wide, ""]);
  });
});

test("balance shortens the address and wraps the alpha on a narrow terminal", async () => {
  await withWallet({ chain: { stakes: STAKES } }, async ({ system }) => {
    const { out } = await runWallet(balanceCommand, system, [], { columns: 80 });
    assert.deepEqual(out.split("\n"), [
      "wallet   coldkey                free       staked         total  alpha by subnet",
      "default  5Grwva…GKutQY  10.000000000  2.000000003  12.000000003  9: 5.5, 27:",
      "                                                                 0.000000001",
      "",
    ]);
  });
});

test("balance without stake has no column for it, and knows an account that was never used", async () => {
  await withWallet({ chain: { free: {}, stakes: {} } }, async ({ system }) => {
    const { code, out } = await runWallet(balanceCommand, system, []);
    assert.equal(code, 0);
    assert.match(out, /total\ndefault.* 0\.000000000 +0\.000000000 +0\.000000000\n$/);
  });
});

test("balance is exact beyond what a float holds", async () => {
  const free = { [ALICE]: 20_999_999_123_456_789n };
  await withWallet({ chain: { free } }, async ({ system }) => {
    assert.include((await runWallet(balanceCommand, system, [])).out, " 20999999.123456789 ");
    const [{ freeRao }] = jsonLines((await runWallet(balanceCommand, system, ["--json"])).out);
    assert.equal(freeRao, "20999999123456789");
  });
});

test("balance --all shows every wallet and their sums", async () => {
  const free = { [ALICE]: TAO, [CHARLIE]: 2n };
  await withWallet({ chain: { free, stakes: {} } }, async ({ system }) => {
    await makeWallet(system, { name: "second", coldkey: "//Charlie" });
    const { out } = await runWallet(balanceCommand, system, ["--all"], { columns: 80 });
    assert.deepEqual(out.split("\n"), [
      "wallet   coldkey               free       staked        total",
      "default  5Grwva…GKutQY  1.000000000  0.000000000  1.000000000",
      "second   5FLSig…XcS59Y  0.000000002  0.000000000  0.000000002",
      "                        1.000000002  0.000000000  1.000000002",
      "",
    ]);
  });
});

test("balance --all warns of a wallet that cannot be read, and shows the others", async () => {
  await withWallet({}, async ({ system }) => {
    await makeWallet(system, { name: "broken" });
    for (const file of ["coldkeypub.txt", "coldkey"]) {
      Deno.writeTextFileSync(join(system.walletsDir, "broken", file), "{");
    }
    const { code, out, error } = await runWallet(balanceCommand, system, ["--all", "--json"]);
    assert.equal(code, 0);
    assert.lengthOf(jsonLines(out), 1);
    assert.match(error, /^warning: [^\n]*broken[^\n]*\n$/);
  });
});

test("balance --all fails where there is no wallet", async () => {
  await withWallet({}, async ({ system }) => {
    const args = ["--all", "--wallet.path", join(system.userFolder(), "nowhere")];
    const { code, error } = await runWallet(balanceCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /no wallet with a readable coldkey/);
    assert.isEmpty(system.chainChoices);
  });
});

test("balance --ss58 asks for an address of any network, shown as Bittensor's", async () => {
  await withWallet({ chain: { free: { [CHARLIE]: 7n } } }, async ({ system }) => {
    const polkadot = encodeAddress(decodeAddress(CHARLIE), 0);
    const { out } = await runWallet(balanceCommand, system, ["--ss58", polkadot, "--json"]);
    const [holding] = jsonLines(out);
    assert.deepEqual([holding.coldkey, holding.freeRao], [CHARLIE, "7"]);
    assert.notProperty(holding, "wallet");
  });
});

test("balance --json is one object for each coldkey, as its schema says", async () => {
  const rao = v.pipe(v.string(), v.regex(/^\d+$/));
  const schema = v.strictObject({
    wallet: v.string(),
    coldkey: v.string(),
    ...{ freeRao: rao, transferableRao: rao, stakedRao: rao, totalRao: rao },
    alpha: v.array(v.strictObject({ netuid: v.number(), hotkeys: v.number(), alphaRao: rao })),
  });
  const chain = { stakes: STAKES, instead: neverSends() };
  await withWallet({ chain }, async ({ system }) => {
    await makeWallet(system, { name: "second", coldkey: "//Charlie" });
    const { out } = await runWallet(balanceCommand, system, ["--all", "--json"]);
    const [alice, charlie, ...more] = jsonLines(out).map((line) => v.parse(schema, line));
    assert.isEmpty(more);
    assert.deepEqual(alice.alpha, [
      { netuid: 9, hotkeys: 2, alphaRao: "5500000000" },
      { netuid: 27, hotkeys: 1, alphaRao: "1" },
    ]);
    assert.equal(alice.transferableRao, "9999999500");
    assert.equal(charlie.totalRao, "0");
  });
});

test("balance refuses an address beside --all, and one that is none", async () => {
  await withWallet({}, async ({ system }) => {
    const wrong: [args: string[], message: RegExp][] = [
      [["--all", "--ss58", CHARLIE], /--ss58 asks for one address/],
      [["--ss58", "5Grwva…GKutQY"], /ss58 address/],
    ];
    for (const [args, message] of wrong) {
      const { code, error } = await runWallet(balanceCommand, system, args);
      assert.equal(code, 2);
      assert.match(error, message);
    }
    assert.isEmpty(system.chainChoices);
  });
});

test("balance fails in one line when the chain drops, and closes it", async () => {
  const stakesOf = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
  await withWallet({ chain: { instead: { stakesOf } } }, async ({ chain, system }) => {
    const { code, out, error } = await runWallet(balanceCommand, system, []);
    assert.deepEqual([code, out, error], [1, "", "error: the connection broke\n"]);
    assert.isTrue(chain.isClosed);
  });
});
