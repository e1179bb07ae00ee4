import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { registerCommand } from "../../../headless/wallet/register.ts";
import { DEPOSIT_RAO, neuron, neverSends, SUBNET, TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { withWallet } from "./money_commands.ts";
import { ALICE, BOB, CHARLIE } from "./test_wallet.ts";

const ON_9 = ["--netuid", "9"];
const KNOWN = {
  metagraphs: [{ netuid: 9, name: "", block: 1, neurons: [neuron(3, { hotkey: BOB })] }],
};

test("register shows price, limit, balance and risk, to the character", async () => {
  await withWallet({ answers: ["y"] }, async ({ system }) => {
    const { out } = await runWallet(registerCommand, system, ON_9, { columns: 80 });
    assert.equal(
      out,
      [
        "Registration on subnet 9",
        "  chain    test",
        "  neurons  4 of 256",
        `  hotkey   ${BOB} (default)`,
        `  coldkey  ${ALICE} (default)`,
        "  price    0.1 TAO",
        "  at most  0.105 TAO, should the price rise before it is paid",
        "  balance  9.9999995 TAO, of which 9.8999995 TAO would remain, less any fee",
        "The price is burned and not refundable. For 4096 blocks (about 13 h 39 min) the",
        "neuron cannot be replaced; after that it can, once it is the one that earns",
        "least.",
        "Done",
        "  block      1001",
        `  extrinsic  0x${"e".repeat(64)}`,
        "  fee        0.000001 TAO",
        "  uid        7",
        "  balance    9.899999 TAO free",
        "",
      ].join("\n"),
    );
    assert.deepEqual(system.questions, [
      "Register hotkey default on subnet 9 for 0.1 TAO, at most 0.105 TAO? [y/N]",
    ]);
  });
});

test("register says of a full subnet whose place is taken", async () => {
  const chain = { subnets: [{ ...SUBNET, neuronCount: 256 }] };
  await withWallet({ chain }, async ({ system }) => {
    const { out } = await runWallet(registerCommand, system, [...ON_9, "--dry-run"]);
    assert.include(
      out.replace(/\s+/g, " "),
      "the new neuron takes the place of the one that earns least",
    );
  });
});

test("register hands the user's limit to the chain", async () => {
  await withWallet({}, async ({ chain, system }) => {
    chain.burnRao = 2n * TAO;
    const args = [...ON_9, "--limit", "2", "--yes"];
    assert.equal((await runWallet(registerCommand, system, args)).code, 0);
    assert.equal(chain.free.get(ALICE), 8n * TAO - 1000n);
  });
});

test("register sends nothing when the price is above --limit already", async () => {
  await withWallet({ answers: [], chain: { instead: neverSends() } }, async ({ system }) => {
    const args = [...ON_9, "--limit", "0.099999999"];
    const { code, out, error } = await runWallet(registerCommand, system, args);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(error, /costs 0\.1 TAO, more than --limit 0\.099999999 TAO/);
    assert.isEmpty(system.questions);
  });
});

test("register pays with the last rao that can be spent", async () => {
  const free = { [ALICE]: TAO / 10n + DEPOSIT_RAO };
  await withWallet({ chain: { free } }, async ({ chain, system }) => {
    const { code, out } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 0);
    assert.include(out, "of which 0 TAO would remain");
    assert.deepEqual(chain.sent, ["burnedRegister"]);
  });
});

test("register refuses a balance that lacks one rao, before it asks for anything", async () => {
  const chain = { free: { [ALICE]: TAO / 10n + DEPOSIT_RAO - 1n }, instead: neverSends() };
  await withWallet({ answers: [], chain }, async ({ system }) => {
    const { code, error } = await runWallet(registerCommand, system, ON_9);
    assert.equal(code, 1);
    assert.match(
      error,
      /costs 0\.1 TAO, and .* can spend 0\.099999999 TAO: send it 0\.000000001 TAO/,
    );
    assert.isEmpty(system.questions);
  });
});

test("register sends nothing when the price passes the limit while the question stands", async () => {
  await withWallet({ answers: [], chain: { instead: neverSends() } }, async ({ chain, system }) => {
    const prompter = {
      ...system.prompter,
      readLine(): Promise<string> {
        chain.burnRao = 126n * TAO / 1000n;
        return Promise.resolve("y");
      },
    };
    const { code, error } = await runWallet(registerCommand, { ...system, prompter }, ON_9);
    assert.equal(code, 1);
    assert.match(error, /rose to 0\.126 TAO, more than the limit of 0\.105 TAO: nothing was sent/);
  });
});

test("register goes on when the price falls, or rises within the limit", async () => {
  for (const burnRao of [1n, 105n * TAO / 1000n]) {
    await withWallet({ answers: [] }, async ({ chain, system }) => {
      const prompter = {
        ...system.prompter,
        readLine(): Promise<string> {
          chain.burnRao = burnRao;
          return Promise.resolve("y");
        },
      };
      const { code } = await runWallet(registerCommand, { ...system, prompter }, ON_9);
      assert.equal(code, 0);
      assert.equal(chain.free.get(ALICE), 10n * TAO - burnRao - 1000n);
    });
  }
});

test("register is protected by its limit when the price rises after the last look", async () => {
  await withWallet({}, async ({ chain, system }) => {
    const before = chain.head.bind(chain);
    chain.head = () => {
      chain.burnRao = TAO;
      return before();
    };
    const { code, error } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 1);
    assert.match(error, /the registration price rose while you waited: it is now 1 TAO/);
    assert.equal(chain.free.get(ALICE), 10n * TAO);
    assert.deepEqual(chain.sent, ["burnedRegister"]);
  });
});

test("register says the uid of a hotkey that is registered already, which is no failure", async () => {
  const chain = { ...KNOWN, instead: neverSends() };
  await withWallet({ answers: [], chain }, async ({ chain, system }) => {
    const { code, out, error } = await runWallet(registerCommand, system, ON_9);
    assert.deepEqual([code, error], [0, ""]);
    assert.equal(out, "hotkey default is already registered on subnet 9 as uid 3\n");
    assert.isEmpty(system.questions);
    assert.isTrue(chain.isClosed);
  });
});

test("register --json says the same of a registered hotkey, in one object", async () => {
  await withWallet({ chain: { ...KNOWN, instead: neverSends() } }, async ({ system }) => {
    const { out } = await runWallet(registerCommand, system, [...ON_9, "--json", "--yes"]);
    const [result, ...more] = jsonLines(out);
    assert.isEmpty(more);
    v.parse(
      v.strictObject({
        event: v.literal("result"),
        action: v.literal("register"),
        netuid: v.literal(9),
        hotkey: v.literal(BOB),
        uid: v.literal(3),
        alreadyRegistered: v.literal(true),
      }),
      result,
    );
  });
});

test("register asks the chain for the uid where the receipt has none", async () => {
  await withWallet({}, async ({ chain, system }) => {
    const send = chain.burnedRegister.bind(chain);
    chain.burnedRegister = async (...args) => {
      chain.uidOf = () => Promise.resolve(11);
      return { ...await send(...args), uid: undefined };
    };
    const { out } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.match(out, /^ {2}uid +11$/m);
  });
});

test("register refuses a hotkey that belongs to another coldkey", async () => {
  const chain = { owners: { [BOB]: CHARLIE }, instead: neverSends() };
  await withWallet({ chain }, async ({ system }) => {
    const { code, error } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 1);
    assert.match(error, new RegExp(`one of coldkey ${CHARLIE}`));
  });
});

test("register takes a hotkey that the chain has never met", async () => {
  await withWallet({ chain: { owners: {} } }, async ({ system }) => {
    assert.equal((await runWallet(registerCommand, system, [...ON_9, "--yes"])).code, 0);
  });
});

test("register refuses a subnet that is closed", async () => {
  const chain = { subnets: [{ ...SUBNET, registrationAllowed: false }], instead: neverSends() };
  await withWallet({ chain }, async ({ system }) => {
    const { code, error } = await runWallet(registerCommand, system, [...ON_9, "--yes"]);
    assert.equal(code, 1);
    assert.match(error, /takes no registrations now/);
  });
});

const WRONG_USES: [what: string, args: string[], message: RegExp][] = [
  ["no subnet", [], /add --netuid/],
  ["the root", ["--netuid", "0"], /subnet 0 is the root/],
  ["a subnet that there is not", ["--netuid", "5"], /no subnet 5/],
  ["a subnet past the last", ["--netuid", "65536"], /--netuid "65536": expected/],
  ["a limit of nothing", [...ON_9, "--limit", "0"], /--limit: .*is nothing/],
  ["a limit that is no number", [...ON_9, "--limit", "1,5"], /--limit: .*comma/],
  ["a limit for work", [...ON_9, "--limit", "1", "--pow"], /--limit and --pow/],
];

for (const [what, args, message] of WRONG_USES) {
  test(`register refuses ${what} as wrong use`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out, error } = await runWallet(registerCommand, system, [...args, "--yes"]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(error, message);
    });
  });
}

test("register names the hotkey of --wallet.hotkey", async () => {
  const wallet = { hotkeys: { miner: "//Bob" } };
  await withWallet({ wallet }, async ({ system }) => {
    const args = [...ON_9, "--wallet-hotkey", "miner", "--dry-run"];
    const { out } = await runWallet(registerCommand, system, args);
    assert.include(out, `${BOB} (miner)`);
  });
});
