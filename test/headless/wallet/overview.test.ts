import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import * as v from "valibot";
import { WeftError } from "../../../core/errors.ts";
import type { Metagraph } from "../../../core/chain/metagraph.ts";
import { overviewCommand } from "../../../headless/wallet/overview.ts";
import { axon, neuron, neverSends, SUBNET, TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { type Setup, withWallet } from "./money_commands.ts";
import { BOB, CHARLIE } from "./test_wallet.ts";

const DAVE = "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy";
const HOTKEYS = { alpha: "//Bob", beta: "//Charlie", gamma: "//Dave" };

const METAGRAPHS: readonly Metagraph[] = [
  { netuid: 0, name: "", block: 1000, neurons: [] },
  {
    netuid: 9,
    name: "iota",
    block: 1000,
    neurons: [
      neuron(0),
      neuron(5, {
        hotkey: CHARLIE,
        axon: axon("203.0.113.9", 8091),
        ...{ incentive: 0.0125, dividends: 0.5, trust: 0.25, consensus: 0.75, rank: 1 },
        ...{ totalStakeRao: 1024n * TAO, emissionRao: 12_345_678_901n },
        ...{ lastUpdate: 990, registeredAt: 900 },
      }),
      neuron(7, { hotkey: BOB, active: false, emissionRao: 1n, registeredAt: 1, lastUpdate: 1000 }),
    ],
  },
  { netuid: 27, name: "compute", block: 1001, neurons: [neuron(1, { hotkey: BOB })] },
];

const SUBNETS = [0, 9, 27].map((netuid) => ({ ...SUBNET, netuid, immunityBlocks: 500 }));

/** Runs a body with a wallet of three hotkeys, two of which are registered. */
function withHotkeys(body: (setup: Setup) => Promise<void>): Promise<void> {
  const chain = { metagraphs: METAGRAPHS, subnets: SUBNETS, instead: neverSends() };
  return withWallet({ chain, wallet: { hotkeys: HOTKEYS } }, body);
}

test("overview has all columns where there is room, to the character", async () => {
  await withHotkeys(async ({ system }) => {
    const { code, out, error } = await runWallet(overviewCommand, system, [], { columns: 200 });
    assert.deepEqual([code, error], [0, ""]);
    assert.deepEqual(out.split("\n"), [
      "Subnet 9 iota, block 1000",
      "hotkey  uid  active      stake  emission  incentive  dividends    trust  consensus     rank  updated  axon              immune",
      "beta      5  yes     1024.0000   12.3456    0.01250    0.50000  0.25000    0.75000  1.00000       10  203.0.113.9:8091     400",
      "alpha     7  no         0.0000    0.0000    0.00000    0.00000  0.00000    0.00000  0.00000        0  none                   0",
      "all                  1024.0000   12.3456",
      "",
      "Subnet 27 compute, block 1001",
      "hotkey  uid  active   stake  emission  incentive  dividends    trust  consensus     rank  updated  axon  immune",
      "alpha     1  yes     0.0000    0.0000    0.00000    0.00000  0.00000    0.00000  0.00000    never  none       -",
      "",
      "Not registered",
      "hotkey  address",
      "gamma   5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy",
      "",
      "3 neurons on 2 subnets, 10 TAO free",
      "",
    ]);
  });
});

test("overview keeps what a miner looks at on a narrow terminal, to the character", async () => {
  await withHotkeys(async ({ system }) => {
    const { out } = await runWallet(overviewCommand, system, [], { columns: 80 });
    assert.deepEqual(out.split("\n"), [
      "Subnet 9 iota, block 1000",
      "hotkey  uid      stake  emission  incentive  updated  axon              immune",
      "beta      5  1024.0000   12.3456    0.01250       10  203.0.113.9:8091     400",
      "alpha     7     0.0000    0.0000    0.00000        0  none                   0",
      "all          1024.0000   12.3456",
      "Left out: active, dividends, trust, consensus, rank. A wider terminal has room,",
      "and --json has all.",
      "",
      "Subnet 27 compute, block 1001",
      "hotkey  uid  active   stake  emission  incentive    trust  updated  axon  immune",
      "alpha     1  yes     0.0000    0.0000    0.00000  0.00000    never  none       -",
      "Left out: dividends, consensus, rank. A wider terminal has room, and --json has",
      "all.",
      "",
      "Not registered",
      "hotkey  address",
      "gamma   5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy",
      "",
      "3 neurons on 2 subnets, 10 TAO free",
      "",
    ]);
  });
});

test("overview --netuid looks at those subnets and no others", async () => {
  await withHotkeys(async ({ chain, system }) => {
    const asked = new Set<number>();
    const uidOf = chain.uidOf.bind(chain);
    chain.uidOf = (netuid, hotkey) => {
      asked.add(netuid);
      return uidOf(netuid, hotkey);
    };
    const { out } = await runWallet(overviewCommand, system, ["--netuid", "27"]);
    assert.deepEqual([...asked], [27]);
    assert.include(out, "Subnet 27 compute");
    assert.notInclude(out, "Subnet 9");
    // Charlie is registered, but not there.
    assert.match(out, /Not registered\nhotkey +address\nbeta .*\ngamma /);
    assert.match(out, /1 neuron on 1 subnet, 10 TAO free\n$/);
  });
});

test("overview asks for the metagraph of no subnet where nothing is registered", async () => {
  await withHotkeys(async ({ chain, system }) => {
    const asked: number[] = [];
    const metagraph = chain.metagraph.bind(chain);
    chain.metagraph = (netuid) => {
      asked.push(netuid);
      return metagraph(netuid);
    };
    await runWallet(overviewCommand, system, []);
    assert.sameMembers(asked, [9, 27]);
  });
});

test("overview asks no more than 32 questions at a time, however many subnets there are", async () => {
  const subnets = Array.from({ length: 129 }, (_, netuid) => ({ ...SUBNET, netuid }));
  let [open, most, all] = [0, 0, 0];
  const uidOf = async (): Promise<undefined> => {
    all += 1;
    most = Math.max(most, ++open);
    await Promise.resolve();
    open -= 1;
  };
  const wallet = { hotkeys: HOTKEYS };
  await withWallet({ chain: { subnets, instead: { uidOf } }, wallet }, async ({ system }) => {
    const { code, out } = await runWallet(overviewCommand, system, []);
    assert.equal(code, 0);
    assert.match(out, /0 neurons on 0 subnets/);
    assert.deepEqual([all, most], [129 * 3, 32]);
  });
});

test("overview knows no immunity where the runtime does not tell, and none that is over", async () => {
  await withHotkeys(async ({ system }) => {
    const lines = jsonLines((await runWallet(overviewCommand, system, ["--json"])).out);
    const left = lines.filter(({ event }) => event === "neuron")
      .map(({ netuid, uid, immunityLeft }) => [netuid, uid, immunityLeft]);
    assert.deepEqual(left, [[9, 5, 400], [9, 7, 0], [27, 1, null]]);
  });
});

test("overview leaves out a neuron that was replaced between two questions", async () => {
  await withHotkeys(async ({ chain, system }) => {
    chain.metagraph = (netuid) =>
      Promise.resolve({ netuid, name: "", block: 1000, neurons: [neuron(5), neuron(7)] });
    const { code, out } = await runWallet(overviewCommand, system, ["--netuid", "9"]);
    assert.equal(code, 0);
    assert.match(out, /0 neurons on 1 subnet/);
  });
});

test("overview --json is an object a line, as its schema says", async () => {
  const schema = v.variant("event", [
    v.looseObject({
      event: v.literal("neuron"),
      netuid: v.number(),
      hotkeyName: v.string(),
      immunityLeft: v.nullable(v.number()),
      uid: v.number(),
      stakeRao: v.string(),
    }),
    v.strictObject({
      event: v.literal("unregistered"),
      hotkeyName: v.literal("gamma"),
      hotkey: v.literal(DAVE),
    }),
    v.strictObject({
      event: v.literal("total"),
      neurons: v.literal(3),
      subnets: v.literal(2),
      freeRao: v.literal("10000000000"),
    }),
  ]);
  await withHotkeys(async ({ system }) => {
    const { out, error } = await runWallet(overviewCommand, system, ["--json"]);
    assert.equal(error, "");
    const events = jsonLines(out).map((line) => v.parse(schema, line).event);
    assert.deepEqual(events, ["neuron", "neuron", "neuron", "unregistered", "total"]);
  });
});

test("overview of several names for one key shows each", async () => {
  const wallet = { hotkeys: { one: "//Bob", two: "//Bob" } };
  const chain = { metagraphs: METAGRAPHS, subnets: SUBNETS };
  await withWallet({ chain, wallet }, async ({ system }) => {
    const { out } = await runWallet(overviewCommand, system, ["--netuid", "27"]);
    assert.match(out, /^one .*\ntwo /m);
    assert.notInclude(out, "Not registered");
  });
});

test("overview warns of a hotkey that cannot be read, and shows the others", async () => {
  await withHotkeys(async ({ system }) => {
    Deno.writeTextFileSync(join(system.walletsDir, "default", "hotkeys", "alpha"), "{");
    const { code, out, error } = await runWallet(overviewCommand, system, []);
    assert.equal(code, 0);
    assert.match(error, /^warning: [^\n]*alpha[^\n]*\n$/);
    assert.match(out, /^beta /m);
  });
});

test("overview does without the coldkey's address, and says so", async () => {
  await withHotkeys(async ({ system }) => {
    for (const file of ["coldkey", "coldkeypub.txt"]) {
      Deno.removeSync(join(system.walletsDir, "default", file));
    }
    const { code, out, error } = await runWallet(overviewCommand, system, []);
    assert.equal(code, 0);
    assert.match(error, /^warning: [^\n]*has no coldkey[^\n]*\n$/);
    assert.match(out, /3 neurons on 2 subnets\n$/);
  });
});

test("overview fails for a wallet without hotkeys, before it speaks to a chain", async () => {
  await withWallet({ wallet: { hotkeys: {} } }, async ({ system }) => {
    const { code, error } = await runWallet(overviewCommand, system, []);
    assert.equal(code, 1);
    assert.match(error, /has no hotkey: make one with deno task wallet new_hotkey/);
    assert.isEmpty(system.chainChoices);
  });
});

test("overview refuses a subnet that there is not", async () => {
  await withHotkeys(async ({ system }) => {
    const { code, error } = await runWallet(overviewCommand, system, ["--netuid", "9,5"]);
    assert.equal(code, 2);
    assert.match(error, /no subnet 5 on this chain: it has 0, 9, 27/);
  });
});

test("overview fails in one line when the chain drops at any question", async () => {
  for (const read of ["netuids", "uidOf", "metagraph", "subnet", "balance"]) {
    await withHotkeys(async ({ chain, system }) => {
      const lost = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
      Object.assign(chain, { [read]: lost });
      const { code, out, error } = await runWallet(overviewCommand, system, []);
      assert.deepEqual([code, out, error], [1, "", "error: the connection broke\n"], read);
      assert.isTrue(chain.isClosed);
    });
  }
});

test("overview stopped in the middle asks nothing more", async () => {
  const stop = new AbortController();
  const subnets = Array.from({ length: 129 }, (_, netuid) => ({ ...SUBNET, netuid }));
  let asked = 0;
  const uidOf = async (): Promise<undefined> => {
    asked += 1;
    stop.abort();
    await Promise.resolve();
  };
  await withWallet({ chain: { subnets, instead: { uidOf } } }, async ({ chain, system }) => {
    const { signal } = stop;
    const { code, error } = await runWallet(overviewCommand, system, [], { signal });
    assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"]);
    assert.isTrue(chain.isClosed);
  });
  assert.isAtMost(asked, 32);
});
