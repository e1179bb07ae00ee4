import { test } from "#test";
import { assert } from "chai";
import { FEE_RESERVE_RAO, stakeAddCommand } from "../../../headless/wallet/stake_add.ts";
import { stakeRemoveCommand } from "../../../headless/wallet/stake_remove.ts";
import { DEPOSIT_RAO, neverSends, TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { withWallet } from "./money_commands.ts";
import { ALICE, BOB, CHARLIE } from "./test_wallet.ts";

const COMMANDS = [
  ["stake add", stakeAddCommand],
  ["stake remove", stakeRemoveCommand],
] as const;

test("stake add shows what is staked and what the price may do", async () => {
  await withWallet({ answers: ["y"] }, async ({ system }) => {
    const args = ["--netuid", "9", "--amount", "1.5"];
    const { out } = await runWallet(stakeAddCommand, system, args, { columns: 80 });
    assert.equal(
      out,
      [
        "Stake on subnet 9",
        "  chain    test",
        `  hotkey   ${BOB} (default)`,
        `  coldkey  ${ALICE} (default)`,
        "  amount   1.5 TAO",
        "  staked   5 alpha before it",
        "  balance  9.9999995 TAO, of which 8.4999995 TAO would remain, less any fee",
        "The subnet's pool sets the price when the call is executed, and the amount",
        "itself moves it. If it gets worse by more than 0.5 %, nothing is moved; old",
        "runtimes and local ledgers know no such limit.",
        "Done",
        "  block      1001",
        `  extrinsic  0x${"e".repeat(64)}`,
        "  fee        0.000001 TAO",
        "  staked     6.5 alpha, 1.5 alpha more",
        "  balance    8.499999 TAO free",
        "",
      ].join("\n"),
    );
  });
});

test("stake remove counts in alpha, and shows what came back in TAO", async () => {
  await withWallet({ answers: ["y"] }, async ({ system }) => {
    const args = ["--netuid", "9", "--amount", "1.5"];
    const { out } = await runWallet(stakeRemoveCommand, system, args, { columns: 80 });
    assert.include(
      out,
      "  amount   1.5 alpha\n  staked   5 alpha, of which 3.5 alpha would remain\n",
    );
    assert.include(
      out,
      "  staked     3.5 alpha\n  balance    11.499999 TAO free, 1.499999 TAO more\n",
    );
    assert.deepEqual(system.questions, ["Take 1.5 alpha back from subnet 9? [y/N]"]);
  });
});

test("stake on the root subnet is in TAO, and has no price", async () => {
  const stakes = { [ALICE]: [{ netuid: 0, hotkey: BOB, stakeAlphaRao: TAO }] };
  for (const [, command] of COMMANDS) {
    await withWallet({ chain: { stakes } }, async ({ system }) => {
      const args = ["--netuid", "0", "--amount", "0.5", "--dry-run"];
      const { out } = await runWallet(command, system, args);
      assert.match(out, /^ {2}amount +0\.5 TAO$/m);
      assert.match(out, /^ {2}staked +1 TAO/m);
      assert.notInclude(out, "alpha");
      assert.notInclude(out, "price");
    });
  }
});

for (const [name, command] of COMMANDS) {
  const tolerances: [args: string[], tolerance: number, shown: RegExp, field: number | null][] = [
    [[], 0.005, /more than 0\.5 %, nothing is moved/, 0.005],
    [["--tolerance", "0.07"], 0.07, /more than 7 %, nothing is moved/, 0.07],
    [["--unsafe"], Infinity, /Any price is taken/, null],
  ];
  for (const [args, tolerance, shown, field] of tolerances) {
    test(`${name} ${args.join(" ") || "by default"} tolerates ${tolerance}, and says so`, async () => {
      await withWallet({}, async ({ chain, system }) => {
        const seen: (number | undefined)[] = [];
        for (const method of ["addStake", "removeStake"] as const) {
          const send = chain[method].bind(chain);
          chain[method] = (signer, change, options) => {
            seen.push(change.priceTolerance);
            return send(signer, change, options);
          };
        }
        const all = ["--netuid", "9", "--amount", "1", ...args];
        const { out } = await runWallet(command, system, [...all, "--yes"], { columns: 300 });
        assert.match(out, shown);
        assert.deepEqual(seen, [tolerance]);
        const json = await runWallet(command, system, [...all, "--dry-run", "--json"]);
        assert.equal(jsonLines(json.out)[0].priceTolerance, field);
      });
    });
  }
}

test("stake add --all leaves the deposit and something for fees", async () => {
  await withWallet({}, async ({ chain, system }) => {
    const args = ["--netuid", "9", "--all", "--yes"];
    assert.equal((await runWallet(stakeAddCommand, system, args)).code, 0);
    const [position] = chain.stakes.get(ALICE) ?? [];
    assert.equal(position.stakeAlphaRao, 5n * TAO + 10n * TAO - DEPOSIT_RAO - FEE_RESERVE_RAO);
  });
});

test("stake add --all refuses a balance that the fees would eat", async () => {
  const chain = { free: { [ALICE]: DEPOSIT_RAO + FEE_RESERVE_RAO }, instead: neverSends() };
  await withWallet({ chain }, async ({ system }) => {
    const args = ["--netuid", "9", "--all", "--yes"];
    const { code, error } = await runWallet(stakeAddCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /can spend 0\.001 TAO, and 0\.001 TAO has to remain for fees/);
  });
});

test("stake remove --all takes just what is staked on that hotkey in that subnet", async () => {
  const other = { netuid: 9, hotkey: CHARLIE, stakeAlphaRao: 3n };
  const elsewhere = { netuid: 0, hotkey: BOB, stakeAlphaRao: 4n };
  const mine = { netuid: 9, hotkey: BOB, stakeAlphaRao: 123_456_789_123n };
  const stakes = { [ALICE]: [other, elsewhere, mine] };
  await withWallet({ chain: { stakes } }, async ({ chain, system }) => {
    const args = ["--netuid", "9", "--all", "--yes"];
    const { code, out } = await runWallet(stakeRemoveCommand, system, args);
    assert.equal(code, 0);
    assert.match(out, /^ {2}amount +123\.456789123 alpha$/m);
    assert.deepEqual(chain.stakes.get(ALICE), [other, elsewhere, { ...mine, stakeAlphaRao: 0n }]);
  });
});

test("stake add takes a hotkey that is anyone's", async () => {
  const chain = { owners: { [CHARLIE]: BOB } };
  await withWallet({ chain, wallet: { hotkeys: {} } }, async ({ chain, system }) => {
    const args = ["--netuid", "9", "--amount", "1", "--hotkey", CHARLIE, "--yes"];
    const { code, out } = await runWallet(stakeAddCommand, system, args);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^ {2}hotkey +${CHARLIE}$`, "m"));
    assert.equal(chain.stakes.get(ALICE)?.at(-1)?.hotkey, CHARLIE);
  });
});

test("stake add refuses more than can be spent, to the rao", async () => {
  await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
    const args = ["--netuid", "9", "--amount", "9.999999501", "--yes"];
    const { code, error } = await runWallet(stakeAddCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /can spend 9\.9999995 TAO, and 9\.999999501 TAO was asked for/);
  });
});

test("stake add refuses a hotkey that the chain has never met", async () => {
  await withWallet({ chain: { owners: {}, instead: neverSends() } }, async ({ system }) => {
    const args = ["--netuid", "9", "--amount", "1", "--yes"];
    const { code, error } = await runWallet(stakeAddCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /never met hotkey 5FHneW.*: register it/);
  });
});

test("stake remove refuses more than is staked there, to the rao", async () => {
  await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
    const args = ["--netuid", "9", "--amount", "5.000000001", "--yes"];
    const { code, error } = await runWallet(stakeRemoveCommand, system, args);
    assert.equal(code, 1);
    assert.match(error, /^error: 5 alpha is staked there, and 5\.000000001 alpha was asked for/);
  });
});

test("stake remove refuses where nothing is staked, of which other stake is no part", async () => {
  const others = [
    { netuid: 0, hotkey: BOB, stakeAlphaRao: TAO },
    { netuid: 9, hotkey: CHARLIE, stakeAlphaRao: TAO },
  ];
  const chain = { stakes: { [ALICE]: others }, instead: neverSends() };
  for (const much of [["--all"], ["--amount", "0.000000001"]]) {
    await withWallet({ chain }, async ({ system }) => {
      const args = ["--netuid", "9", ...much, "--yes"];
      const { code, error } = await runWallet(stakeRemoveCommand, system, args);
      assert.equal(code, 1);
      assert.match(error, /has nothing staked on hotkey/);
    });
  }
});

for (const [name, command] of COMMANDS) {
  test(`${name} refuses a subnet that there is not`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const args = ["--netuid", "5", "--amount", "1", "--yes"];
      const { code, error } = await runWallet(command, system, args);
      assert.equal(code, 2);
      assert.match(error, /no subnet 5 on this chain: it has 0, 9/);
    });
  });

  const wrongUses: [what: string, args: string[], message: RegExp][] = [
    ["no subnet", ["--amount", "1"], /add --netuid/],
    ["no amount", ["--netuid", "9"], /add --amount or --all/],
    ["both an amount and all", ["--netuid", "9", "--amount", "1", "--all"], /give one of them/],
    ["a hotkey that is none", ["--netuid", "9", "--all", "--hotkey", "5x"], /ss58 address/],
    ["no tolerance", ["--netuid", "9", "--all", "--tolerance", "0"], /--tolerance "0": expected/],
    ["a float", ["--netuid", "9", "--amount", "1e-3"], /exponent/],
  ];
  for (const [what, args, message] of wrongUses) {
    test(`${name} refuses ${what} before it speaks to a chain`, async () => {
      await withWallet({}, async ({ system }) => {
        const { code, error } = await runWallet(command, system, [...args, "--yes"]);
        assert.equal(code, 2);
        assert.match(error, message);
        assert.isEmpty(system.chainChoices);
      });
    });
  }

  test(`${name} fails for a hotkey that the wallet does not have`, async () => {
    await withWallet({}, async ({ system }) => {
      const args = ["--netuid", "9", "--all", "--yes", "--wallet.hotkey", "missing"];
      const { code, error } = await runWallet(command, system, args);
      assert.equal(code, 1);
      assert.match(error, /no hotkey "missing"/);
      assert.isEmpty(system.chainChoices);
    });
  });
}
