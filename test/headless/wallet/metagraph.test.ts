import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { WeftError } from "../../../core/errors.ts";
import { metagraphCommand } from "../../../headless/wallet/metagraph.ts";
import { axon, neuron, neverSends, TAO } from "./fake_chain.ts";
import { jsonLines, runWallet } from "./fake_wallet_system.ts";
import { type Setup, withWallet } from "./money_commands.ts";
import { ALICE, BOB } from "./test_wallet.ts";

const NEURONS = [
  neuron(0, {
    hotkey: ALICE,
    axon: axon("203.0.113.9", 8091),
    validatorPermit: true,
    totalStakeRao: 123_456_789_999_999n,
    alphaStakeRao: 100_000n * TAO,
    taoStakeRao: 1n,
    emissionRao: 12_345_678_901n,
    ...{ dividends: 0.51234, validatorTrust: 1, lastUpdate: 990, registeredAt: 5 },
  }),
  neuron(1, { incentive: 0.25, emissionRao: TAO, lastUpdate: 1000 }),
  neuron(2, {
    hotkey: BOB,
    axon: axon("2001:db8:85a3::8a2e:370:7334", 65535, { ipType: 6 }),
    ...{ incentive: 0.25, trust: 0.5, rank: 1, emissionRao: 5n * TAO, lastUpdate: 500 },
  }),
  neuron(10),
];

/** Runs a body with a chain whose subnet 9 has some neurons, four if not said otherwise. */
function withMetagraph(
  body: (setup: Setup) => Promise<void>,
  { name = "iota", neurons = NEURONS } = {},
): Promise<void> {
  const metagraphs = [{ netuid: 9, name, block: 1000, neurons }];
  return withWallet({ chain: { metagraphs, instead: neverSends() } }, body);
}

/** The uids of a table, in its order. */
function uidsOf(out: string): number[] {
  return [...out.matchAll(/^ *(\d+) {2}/gm)].map(([, uid]) => Number(uid));
}

test("metagraph has all columns where there is room, to the character", async () => {
  await withMetagraph(async ({ system }) => {
    const args = ["--netuid", "9"];
    const { code, out, error } = await runWallet(metagraphCommand, system, args, { columns: 200 });
    assert.deepEqual([code, error], [0, ""]);
    assert.deepEqual(out.split("\n"), [
      "Subnet 9 iota, block 1000, 4 neurons",
      "",
      "uid        stake  incentive  dividends  emission    trust     rank  permit  updated  axon                                  hotkey         coldkey",
      "  0  123456.7899    0.00000    0.51234   12.3456  0.00000  0.00000  yes          10  203.0.113.9:8091                      5Grwva…GKutQY  5Coldy…yyyyy0",
      "  1       0.0000    0.25000    0.00000    1.0000  0.00000  0.00000  no            0  none                                  5Hotxx…xxxxx1  5Coldy…yyyyy1",
      "  2       0.0000    0.25000    0.00000    5.0000  0.50000  1.00000  no          500  [2001:db8:85a3::8a2e:370:7334]:65535  5FHneW…M694ty  5Coldy…yyyyy2",
      " 10       0.0000    0.00000    0.00000    0.0000  0.00000  0.00000  no        never  none                                  5Hotxx…xxxx10  5Coldy…yyyy10",
      "all  123456.7899                         18.3456",
      "",
    ]);
  });
});

test("metagraph keeps what a miner looks at on a narrow terminal, to the character", async () => {
  await withMetagraph(async ({ system }) => {
    const args = ["--netuid", "9"];
    const { out } = await runWallet(metagraphCommand, system, args, { columns: 80 });
    assert.deepEqual(out.split("\n"), [
      "Subnet 9 iota, block 1000, 4 neurons",
      "",
      "uid        stake  incentive  emission  axon                   hotkey",
      "  0  123456.7899    0.00000   12.3456  203.0.113.9:8091       5Grwva…GKutQY",
      "  1       0.0000    0.25000    1.0000  none                   5Hotxx…xxxxx1",
      "  2       0.0000    0.25000    5.0000  [2001:d…0:7334]:65535  5FHneW…M694ty",
      " 10       0.0000    0.00000    0.0000  none                   5Hotxx…xxxx10",
      "all  123456.7899              18.3456",
      "Left out: dividends, trust, rank, permit, updated, coldkey. A wider terminal has",
      "room, and --json has all.",
      "",
    ]);
  });
});

test("metagraph sorts from the largest down, equal ones by uid", async () => {
  const orders: [column: string, uids: number[]][] = [
    ["uid", [0, 1, 2, 10]],
    ["stake", [0, 1, 2, 10]],
    ["incentive", [1, 2, 0, 10]],
    ["emission", [0, 2, 1, 10]],
    ["dividends", [0, 1, 2, 10]],
    ["trust", [2, 0, 1, 10]],
    ["rank", [2, 0, 1, 10]],
    ["updated", [1, 0, 2, 10]],
  ];
  for (const [column, uids] of orders) {
    await withMetagraph(async ({ system }) => {
      const args = ["--netuid", "9", "--sort", column];
      assert.deepEqual(uidsOf((await runWallet(metagraphCommand, system, args)).out), uids, column);
    });
  }
});

test("metagraph orders neurons that the chain hands out in any order", async () => {
  for (const column of ["uid", "stake"]) {
    await withMetagraph(async ({ system }) => {
      const args = ["--netuid", "9", "--sort", column];
      const { out } = await runWallet(metagraphCommand, system, args);
      assert.deepEqual(uidsOf(out), [0, 1, 2, 10]);
    }, { neurons: NEURONS.toReversed() });
  }
});

test("metagraph tells amounts apart that are one rao apart, beyond what a float holds", async () => {
  const huge = 2n ** 62n;
  const neurons = [0n, 2n, 1n].map((more, uid) => neuron(uid, { totalStakeRao: huge + more }));
  await withMetagraph(async ({ system }) => {
    const args = ["--netuid", "9", "--sort", "stake"];
    assert.deepEqual(uidsOf((await runWallet(metagraphCommand, system, args)).out), [1, 2, 0]);
  }, { neurons });
});

test("metagraph --top shows the first of that order, and sums up all", async () => {
  await withMetagraph(async ({ system }) => {
    const args = ["--netuid", "9", "--sort", "incentive", "--top", "2"];
    const { out } = await runWallet(metagraphCommand, system, args, { columns: 200 });
    assert.deepEqual(uidsOf(out), [1, 2]);
    assert.include(out, "2 of 4 neurons");
    assert.match(out, /^all +123456\.7899 +18\.3456$/m);
    assert.match(out, /sums up all neurons, shown or not\.\n$/);
  });
});

test("metagraph --top past the end shows all", async () => {
  await withMetagraph(async ({ system }) => {
    const { out } = await runWallet(metagraphCommand, system, ["--netuid", "9", "--top", "9999"]);
    assert.lengthOf(uidsOf(out), 4);
    assert.include(out, "block 1000, 4 neurons");
  });
});

test("metagraph of a subnet without neurons shows titles and zeros", async () => {
  await withMetagraph(async ({ system }) => {
    const { code, out } = await runWallet(metagraphCommand, system, ["--netuid", "9"]);
    assert.equal(code, 0);
    assert.match(out, /0 neurons\n\nuid +stake/);
    assert.match(out, /^all +0\.0000 +0\.0000$/m);
  }, { neurons: [] });
});

test("metagraph lets nothing through that steers a terminal", async () => {
  const evil = "\u001b[2J\u009b1m\u202e\r\n";
  const neurons = [neuron(0, { hotkey: evil, coldkey: evil, axon: axon(evil, 1) })];
  for (const args of [["--netuid", "9"], ["--netuid", "9", "--json"]]) {
    for (const columns of [80, 200]) {
      await withMetagraph(async ({ system }) => {
        const { out } = await runWallet(metagraphCommand, system, args, { columns });
        assert.notMatch(out.replaceAll("\n", ""), /[\p{C}\p{Zl}\p{Zp}]/u);
      }, { neurons, name: evil });
    }
  }
});

test("metagraph --json is one neuron a line, as its schema says", async () => {
  const rao = v.pipe(v.string(), v.regex(/^\d+$/));
  const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
  const schema = v.strictObject({
    uid: v.number(),
    hotkey: v.string(),
    coldkey: v.string(),
    axon: v.nullable(v.strictObject({
      ip: v.string(),
      ipType: v.picklist([4, 6]),
      ...{ block: v.number(), version: v.number(), port: v.number(), protocol: v.number() },
    })),
    ...{ active: v.boolean(), validatorPermit: v.boolean() },
    ...{ stakeRao: rao, alphaStakeRao: rao, taoStakeRao: v.nullable(rao), emissionRao: rao },
    ...{ incentive: share, consensus: share, trust: share, validatorTrust: share },
    ...{ dividends: share, rank: share, lastUpdate: v.number() },
    registeredAt: v.nullable(v.number()),
  });
  await withMetagraph(async ({ system }) => {
    const args = ["--netuid", "9", "--json", "--sort", "emission", "--top", "3"];
    const { code, out, error } = await runWallet(metagraphCommand, system, args);
    assert.deepEqual([code, error], [0, ""]);
    const [first, second, third, ...more] = jsonLines(out).map((line) => v.parse(schema, line));
    assert.isEmpty(more);
    assert.deepEqual([first.uid, second.uid, third.uid], [0, 2, 1]);
    assert.equal(first.stakeRao, "123456789999999");
    assert.deepEqual([first.taoStakeRao, second.taoStakeRao], ["1", null]);
    assert.equal(second.axon?.ip, "2001:db8:85a3::8a2e:370:7334");
    assert.isNull(third.axon);
  });
});

test("metagraph shows 256 neurons without a gap", async () => {
  const neurons = Array.from({ length: 256 }, (_, uid) => neuron(uid));
  await withMetagraph(async ({ system }) => {
    const { out } = await runWallet(metagraphCommand, system, ["--netuid", "9"], { columns: 80 });
    assert.deepEqual(uidsOf(out), neurons.map(({ uid }) => uid));
    for (const line of out.split("\n")) assert.isAtMost(line.length, 80);
  }, { neurons });
});

const WRONG_USES: [what: string, args: string[], message: RegExp][] = [
  ["no subnet", [], /add --netuid/],
  ["an unknown column", ["--netuid", "9", "--sort", "beauty"], /--sort "beauty": expected uid or/],
  ["none of the neurons", ["--netuid", "9", "--top", "0"], /--top "0": expected/],
  ["a subnet that there is not", ["--netuid", "5"], /no subnet 5/],
];

for (const [what, args, message] of WRONG_USES) {
  test(`metagraph refuses ${what} as wrong use`, async () => {
    await withMetagraph(async ({ system }) => {
      const { code, out, error } = await runWallet(metagraphCommand, system, args);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(error, message);
    });
  });
}

test("metagraph does not wait for an answer that never comes", async () => {
  const stop = new AbortController();
  const metagraph = (): Promise<never> => {
    queueMicrotask(() => stop.abort());
    return new Promise(() => {});
  };
  await withWallet({ chain: { instead: { metagraph } } }, async ({ chain, system }) => {
    const { signal } = stop;
    const { code } = await runWallet(metagraphCommand, system, ["--netuid", "9"], { signal });
    assert.equal(code, 1);
    assert.isTrue(chain.isClosed);
  });
});

test("metagraph fails in one line when the chain drops", async () => {
  const metagraph = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
  await withWallet({ chain: { instead: { metagraph } } }, async ({ system }) => {
    const { code, error } = await runWallet(metagraphCommand, system, ["--netuid", "9"]);
    assert.deepEqual([code, error], [1, "error: the connection broke\n"]);
  });
});
