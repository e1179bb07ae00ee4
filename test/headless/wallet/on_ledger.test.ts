// The wallet's commands on the local ledger, one after another as a miner uses them.

import { test } from "#test";
import { assert } from "chai";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { balanceCommand } from "../../../headless/wallet/balance.ts";
import { faucetCommand } from "../../../headless/wallet/faucet.ts";
import { metagraphCommand } from "../../../headless/wallet/metagraph.ts";
import { overviewCommand } from "../../../headless/wallet/overview.ts";
import { registerCommand } from "../../../headless/wallet/register.ts";
import { stakeAddCommand } from "../../../headless/wallet/stake_add.ts";
import { stakeRemoveCommand } from "../../../headless/wallet/stake_remove.ts";
import { transferCommand } from "../../../headless/wallet/transfer.ts";
import { TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { withLedger } from "./test_ledger.ts";
import { ALICE, BOB, CHARLIE } from "./test_wallet.ts";

const ON_9 = ["--netuid", "9"];

test("a miner on the ledger gets TAO, registers, stakes, looks, unstakes and sends", async () => {
  await withLedger({}, async ({ ledger, time, system }) => {
    const run = async (
      command: typeof balanceCommand | typeof faucetCommand | typeof overviewCommand,
      args: string[],
    ): Promise<string> => (await runWallet(command as typeof balanceCommand, system, args)).out;
    await run(faucetCommand, ["--amount", "10"]);

    const registered = await runWallet(registerCommand, system, [...ON_9, "--yes", "--json"]);
    assert.equal(registered.code, 0);
    const [plan, result] = jsonLines(registered.out);
    assert.equal(result.uid, 0);
    assert.equal(await ledger.uidOf(9, BOB), 0);
    assert.equal(BigInt(String(result.freeRao)), 10n * TAO - BigInt(String(plan.priceRao)));

    const stake = [...ON_9, "--amount", "2.5", "--yes"];
    assert.equal((await runWallet(stakeAddCommand, system, stake)).code, 0);
    time.passBlocks(1);
    const [holding] = jsonLines(await run(balanceCommand, ["--json"]));
    assert.deepEqual(holding.alpha, [{ netuid: 9, hotkeys: 1, alphaRao: "2500000000" }]);

    assert.match(await run(overviewCommand, []), /^Subnet 9 iota.*\nhotkey +uid.*\ndefault +0 /);
    const metagraph = await runWallet(metagraphCommand, system, [...ON_9, "--json"]);
    const [{ hotkey, coldkey, stakeRao }] = jsonLines(metagraph.out);
    assert.deepEqual([hotkey, coldkey, stakeRao], [BOB, ALICE, "2500000000"]);

    const back = [...ON_9, "--all", "--yes"];
    assert.equal((await runWallet(stakeRemoveCommand, system, back)).code, 0);
    const send = ["--dest", CHARLIE, "--amount", "1", "--yes"];
    assert.equal((await runWallet(transferCommand, system, send)).code, 0);
    assert.equal((await ledger.balance(CHARLIE)).freeRao, TAO);
  });
});

test("registering twice on the ledger costs once", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    await ledger.faucet(ALICE, TAO);
    await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    const { freeRao } = await ledger.balance(ALICE);
    const { code, out } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 0);
    assert.match(out, /already registered on subnet 9 as uid 0\n$/);
    assert.equal((await ledger.balance(ALICE)).freeRao, freeRao);
  });
});

test("register on the ledger pays no more than was shown when others register meanwhile", async () => {
  await withLedger({ answers: [] }, async ({ ledger, system }) => {
    const eve = Keypair.fromUri("//Eve");
    await ledger.faucet(ALICE, TAO);
    await ledger.faucet(eve.address, TAO);
    const prompter = {
      ...system.prompter,
      async readLine(): Promise<string> {
        await ledger.burnedRegister(eve, { netuid: 9, hotkey: CHARLIE, limitRao: TAO });
        return "y";
      },
    };
    const { code, error } = await runWallet(registerCommand, { ...system, prompter }, ON_9);
    assert.equal(code, 1);
    assert.match(error, /price rose to 0\.00126 TAO, more than the limit of 0\.00105 TAO: nothing/);
    assert.equal((await ledger.balance(ALICE)).freeRao, TAO);
  });
});

test("register on the ledger is refused by the chain itself at a price above the limit", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    const eve = Keypair.fromUri("//Eve");
    await ledger.faucet(ALICE, TAO);
    await ledger.faucet(eve.address, TAO);
    const register = ledger.burnedRegister.bind(ledger);
    ledger.burnedRegister = async (...args) => {
      await register(eve, { netuid: 9, hotkey: CHARLIE, limitRao: TAO });
      return await register(...args);
    };
    const { code, error } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 1);
    assert.match(error, /price rose while you waited.*0\.00126 TAO.*limit is 0\.00105 TAO/);
    assert.equal((await ledger.balance(ALICE)).freeRao, TAO);
  });
});

test("stake on the ledger's root subnet counts as staked TAO", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    await ledger.faucet(ALICE, 5n * TAO);
    await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    const args = ["--netuid", "0", "--amount", "2", "--yes"];
    assert.equal((await runWallet(stakeAddCommand, system, args)).code, 0);
    const [{ stakedRao, alpha }] = jsonLines(
      (await runWallet(balanceCommand, system, ["--json"])).out,
    );
    assert.deepEqual([stakedRao, alpha], ["2000000000", []]);
  });
});
