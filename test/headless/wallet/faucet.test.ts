import { test } from "#test";
import { assert } from "chai";
import { faucetCommand } from "../../../headless/wallet/faucet.ts";
import { neverSends } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { withWallet } from "./money_commands.ts";
import { withLedger } from "./test_ledger.ts";
import { ALICE } from "./test_wallet.ts";

test("faucet gives 1000 TAO, or what was asked for", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    const { code, out, error } = await runWallet(faucetCommand, system, []);
    assert.deepEqual([code, error], [0, ""]);
    assert.equal(out, `${ALICE} received 1000 TAO and has 1000 TAO free\n`);
    await runWallet(faucetCommand, system, ["--amount", "0.000000001"]);
    assert.equal((await ledger.balance(ALICE)).freeRao, 1_000_000_000_001n);
  });
});

test("faucet --json is one object with amounts as texts", async () => {
  await withLedger({}, async ({ system }) => {
    const { out } = await runWallet(faucetCommand, system, ["--amount", "2", "--json"]);
    assert.deepEqual(jsonLines(out), [{
      ...{ event: "result", action: "faucet", coldkey: ALICE },
      ...{ amountRao: "2000000000", freeRao: "2000000000" },
    }]);
  });
});

test("faucet is wrong use on a chain that is no ledger", async () => {
  await withWallet({ chain: { instead: neverSends() } }, async ({ chain, system }) => {
    const { code, out, error } = await runWallet(faucetCommand, system, []);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(error, /only a local ledger has a faucet: .*ledger:FILE/);
    assert.isTrue(chain.isClosed);
  });
});

test("faucet refuses more than the ledger can give", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    const { code, error } = await runWallet(faucetCommand, system, ["--amount", "18446744073"]);
    assert.notEqual(code, 0);
    assert.match(error, /^error: [^\n]+\n$/);
    assert.equal((await ledger.balance(ALICE)).freeRao, 0n);
  });
});
