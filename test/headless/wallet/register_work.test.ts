// `wallet register --pow`.

import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import type { PowTask } from "../../../core/chain/chain.ts";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import { WeftError } from "../../../core/errors.ts";
import { boundHashOf, meetsDifficulty, sealOf } from "../../../core/formats/registration_seal.ts";
import { EngineLostError } from "../../../core/hash/search_engine.ts";
import { decodeAddress } from "../../../core/wallet/address.ts";
import { registerCommand } from "../../../headless/wallet/register.ts";
import type { FoundSeal, SealSearchOptions, SealTask } from "../../../core/hash/seal_search.ts";
import type { OpenSealFinder } from "../../../headless/wallet/seal_finder.ts";
import type { WalletSystem } from "../../../headless/wallet/system.ts";
import { EXTRINSIC_HASH, type FakeChainOptions, neverSends } from "./fake_chain.ts";
import { jsonLines, runWallet, type WalletRun } from "./fake_wallet_system.ts";
import { type Setup, withWallet } from "./money_commands.ts";
import { withLedger } from "./test_ledger.ts";
import { ALICE, BOB } from "./test_wallet.ts";

const ARGS = ["--netuid", "9", "--pow"];
const SEAL = new Uint8Array(32).fill(7);

const NEVER = new AbortController().signal;

const TASK: PowTask = {
  blockNumber: 0,
  blockHash: new Uint8Array(32).fill(1),
  difficulty: 10_000_000n,
  endianness: "little",
};

/** How the command watches and stops a search. */
type Watched = Required<SealSearchOptions>;

function found(nonce: bigint): FoundSeal {
  return { nonce, seal: SEAL, tried: 1n };
}

/** What a finder was told, and whether it is closed. */
class FakeFinder {
  readonly tasks: SealTask[] = [];
  isOpen = false;
  isClosed = false;

  /** @param search takes the place of a GPU */
  constructor(
    readonly search: (
      task: SealTask,
      options: Watched,
    ) => Promise<FoundSeal | undefined>,
  ) {}

  readonly open: OpenSealFinder = () => {
    this.isOpen = true;
    return {
      search: (task, { signal = NEVER, onProgress = () => {} } = {}) => {
        this.tasks.push(task);
        return this.search(task, { signal, onProgress });
      },
      close: () => void (this.isClosed = true),
    };
  };
}

/** Finds at once. */
function luckyFinder(): FakeFinder {
  return new FakeFinder(({ startNonce: nonce }) => Promise.resolve(found(nonce)));
}

/** Never finds anything. */
function unluckyFinder(onSearch: (searches: number) => void): FakeFinder {
  let searches = 0;
  return new FakeFinder((_, { signal }) => {
    const ended = Promise.withResolvers<undefined>();
    signal.addEventListener("abort", () => ended.resolve(undefined));
    searches += 1;
    queueMicrotask(() => onSearch(searches));
    return ended.promise;
  });
}

/** Tries one nonce after another. */
const cpuFinder = new FakeFinder(({ blockHash, publicKey, difficulty, endianness, startNonce }) => {
  const boundHash = boundHashOf(blockHash, publicKey);
  for (let nonce = startNonce;; nonce = BigInt.asUintN(64, nonce + 1n)) {
    const seal = sealOf(boundHash, nonce);
    if (meetsDifficulty(seal, difficulty, endianness)) {
      return Promise.resolve({ nonce, seal, tried: 0n });
    }
  }
});

function withWork(
  body: (setup: Setup) => Promise<void>,
  { answers, chain }: { answers?: readonly string[]; chain?: FakeChainOptions } = {},
): Promise<void> {
  // Neither money nor the coldkey is needed.
  const poor = { powTask: TASK, free: {}, ...chain };
  return withWallet({ answers, chain: poor, wallet: { isWatchOnly: true } }, body);
}

function register(
  finder: FakeFinder,
  system: WalletSystem,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<WalletRun> {
  const command = (each: WalletSystem): ReturnType<typeof registerCommand> =>
    registerCommand(each, finder.open);
  return runWallet(command, system, [...ARGS, ...args], { columns: 80, signal });
}

test("register --pow shows the work, asks, searches and registers with the hotkey", async () => {
  await withWork(async ({ chain, system }) => {
    const finder = luckyFinder();
    const signers: string[] = [];
    const send = chain.powRegister.bind(chain);
    chain.powRegister = (hotkey, work, options) => {
      signers.push(hotkey.address);
      const [{ startNonce: nonce, publicKey }] = finder.tasks;
      assert.deepEqual(work, { netuid: 9, coldkey: ALICE, blockNumber: 1000, nonce, work: SEAL });
      assert.deepEqual(publicKey, decodeAddress(BOB));
      return send(hotkey, work, options);
    };
    const { code, out, error } = await register(finder, system, []);
    assert.deepEqual([code, error], [0, ""]);
    assert.equal(
      out,
      [
        "Registration on subnet 9 by work",
        "  chain    test",
        "  neurons  4 of 256",
        `  hotkey   ${BOB} (default)`,
        `  coldkey  ${ALICE} (default)`,
        "  price    no TAO",
        "  work     about 10 M seals, on average",
        "For 4096 blocks (about 13 h 39 min) the neuron cannot be replaced; after that it",
        "can, once it is the one that earns least.",
        "Done",
        "  block      1001",
        `  extrinsic  ${EXTRINSIC_HASH}`,
        "  fee        0.000001 TAO",
        "  uid        7",
        "  balance    0 TAO free",
        "",
      ].join("\n"),
    );
    assert.deepEqual(system.questions, [
      "Search for work to register hotkey default on subnet 9? [y/N]",
    ]);
    assert.deepEqual([signers, chain.sent], [[BOB], ["powRegister"]]);
    assert.isTrue(finder.isClosed);
    assert.isEmpty(chain.watchers);
  }, { answers: ["y"] });
});

test("register --pow finds work that the ledger takes, and costs nothing", async () => {
  await withLedger({}, async ({ ledger, system }) => {
    const { code, out } = await register(cpuFinder, system, ["--yes", "--json"]);
    assert.equal(code, 0);
    assert.deepInclude(jsonLines(out)[1], { event: "result", uid: 0, freeRao: "0" });
    assert.equal(await ledger.uidOf(9, BOB), 0);
    assert.equal(await ledger.ownerOf(BOB), ALICE);
  });
});

test("register --pow --json writes plan and result, as their schemas say", async () => {
  const plan = v.strictObject({
    ...{ event: v.literal("plan"), action: v.literal("register"), dryRun: v.literal(false) },
    ...{ network: v.literal("test"), netuid: v.literal(9), hotkeyName: v.literal("default") },
    ...{ hotkey: v.literal(BOB), coldkey: v.literal(ALICE), immunityBlocks: v.literal(4096) },
    difficulty: v.literal("10000000"),
  });
  const result = v.strictObject({
    ...{ event: v.literal("result"), action: v.literal("register"), netuid: v.literal(9) },
    ...{ hotkey: v.literal(BOB), uid: v.literal(7), freeRao: v.literal("0") },
    ...{ extrinsicHash: v.string(), blockHash: v.string(), blockNumber: v.number() },
    feeRao: v.literal("1000"),
  });
  await withWork(async ({ system }) => {
    const { out, error } = await register(luckyFinder(), system, ["--json", "--yes"]);
    assert.equal(error, "");
    v.parse(v.strictTuple([plan, result]), jsonLines(out));
  });
});

test("register --pow --dry-run opens no GPU and no key", async () => {
  await withWork(async ({ system }) => {
    const finder = luckyFinder();
    const { code, out } = await register(finder, system, ["--dry-run"]);
    assert.equal(code, 0);
    assert.match(out, /10 M seals[^]*nothing was sent\n$/);
    assert.isFalse(finder.isOpen);
  }, { chain: { instead: neverSends() } });
});

test("register --pow takes no for an answer, and opens no GPU", async () => {
  await withWork(async ({ system }) => {
    const finder = luckyFinder();
    const { code, out } = await register(finder, system, []);
    assert.equal(code, 1);
    assert.match(out, /nothing was sent\n$/);
    assert.isFalse(finder.isOpen);
  }, { answers: ["n"], chain: { instead: neverSends() } });
});

test("register --pow says so where the chain takes no work, before it asks", async () => {
  await withWork(async ({ system }) => {
    const finder = luckyFinder();
    const { code, error } = await register(finder, system, []);
    assert.equal(code, 1);
    assert.match(error, /takes no work for registrations on subnet 9: leave --pow out/);
    assert.isEmpty(system.questions);
    assert.isFalse(finder.isOpen);
  }, { answers: [], chain: { powTask: undefined, instead: neverSends() } });
});

test("register --pow searches for a newer block when two have passed", async () => {
  await withWork(async ({ chain, system }) => {
    const searched: number[] = [];
    const finder = new FakeFinder(async ({ startNonce: nonce }, { signal }) => {
      searched.push(chain.blockNumber);
      if (searched.length === 3) return found(nonce);
      chain.nextBlock();
      assert.isFalse(signal.aborted);
      chain.nextBlock();
      assert.isTrue(signal.aborted);
      return await Promise.resolve(undefined);
    });
    const blocks: number[] = [];
    const send = chain.powRegister.bind(chain);
    chain.powRegister = (hotkey, work, options) => {
      blocks.push(work.blockNumber);
      return send(hotkey, work, options);
    };
    assert.equal((await register(finder, system, ["--yes"])).code, 0);
    assert.deepEqual([searched, blocks], [[1000, 1002, 1004], [1004]]);
    const nonces = finder.tasks.map(({ startNonce }) => startNonce);
    assert.equal(new Set(nonces).size, 3, "each search starts elsewhere");
    assert.isEmpty(chain.watchers);
  });
});

test("register --pow searches again when its work came too late", async () => {
  await withWork(async ({ chain, system }) => {
    const send = chain.powRegister.bind(chain);
    let attempts = 0;
    chain.powRegister = (hotkey, work, options) => {
      attempts += 1;
      if (attempts > 1) return send(hotkey, work, options);
      for (let i = 0; i < 3; i++) chain.nextBlock();
      return Promise.reject(new WeftError("the work is of a block that is too old"));
    };
    const { code, error } = await register(luckyFinder(), system, ["--yes"]);
    assert.equal(code, 0);
    assert.equal(error, "the work came too late; searching again\n");
    assert.deepEqual(chain.sent, ["powRegister"]);
  });
});

test("register --pow does not search again for a refusal that is not about age", async () => {
  await withWork(async ({ chain, system }) => {
    let attempts = 0;
    chain.powRegister = () => {
      attempts += 1;
      chain.nextBlock();
      chain.nextBlock();
      return Promise.reject(new WeftError("the chain says no"));
    };
    const finder = luckyFinder();
    const { code, error } = await register(finder, system, ["--yes"]);
    assert.deepEqual([code, error, attempts], [1, "error: the chain says no\n", 1]);
    assert.isTrue(finder.isClosed);
    assert.isTrue(chain.isClosed);
  });
});

test("register --pow stops where work was taken after all, or no one can tell", async () => {
  const nowRegistered = { uidOf: () => Promise.resolve(7) };
  const silent = { head: () => Promise.reject(new WeftError("the connection broke")) };
  for (const later of [nowRegistered, silent]) {
    await withWork(async ({ chain, system }) => {
      let attempts = 0;
      chain.powRegister = () => {
        attempts += 1;
        for (let i = 0; i < 3; i++) chain.nextBlock();
        Object.assign(chain, later);
        return Promise.reject(new UnknownOutcomeError("the node went away", EXTRINSIC_HASH, 1000));
      };
      const { code, error } = await register(luckyFinder(), system, ["--yes"]);
      assert.deepEqual([code, attempts], [1, 1]);
      assert.include(error, EXTRINSIC_HASH);
      assert.include(error, "deno task wallet overview --netuid 9");
    });
  }
});

test("register --pow stopped during the search sends nothing and closes all", async () => {
  const stop = new AbortController();
  await withWork(async ({ chain, system }) => {
    const finder = unluckyFinder(() => stop.abort());
    const { code, error } = await register(finder, system, ["--yes"], stop.signal);
    assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"]);
    assert.isTrue(finder.isClosed);
    assert.isTrue(chain.isClosed);
    assert.isEmpty(chain.watchers);
  }, { chain: { instead: neverSends() } });
});

test("register --pow stopped just as work is found sends nothing", async () => {
  const stop = new AbortController();
  await withWork(async ({ system }) => {
    const finder = new FakeFinder(({ startNonce: nonce }) => {
      stop.abort();
      return Promise.resolve(found(nonce));
    });
    const { code, error } = await register(finder, system, ["--yes"], stop.signal);
    assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"]);
  }, { chain: { instead: neverSends() } });
});

test("register --pow stopped while it waits for a block does not search again", async () => {
  const stop = new AbortController();
  await withWork(async ({ chain, system }) => {
    let attempts = 0;
    chain.powRegister = () => {
      attempts += 1;
      for (let i = 0; i < 3; i++) chain.nextBlock();
      queueMicrotask(() => stop.abort());
      return new Promise(() => {});
    };
    const { code, error } = await register(luckyFinder(), system, ["--yes"], stop.signal);
    assert.deepEqual([code, attempts], [1, 1]);
    assert.match(error, /^error: stopped waiting .*may still be carried out/);
  });
});

test("register --pow fails in one line when the chain drops between two searches", async () => {
  for (const read of ["powTask", "watchHead"] as const) {
    await withWork(async ({ chain, system }) => {
      const finder = unluckyFinder(() => {
        const lost = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
        Object.assign(chain, { [read]: lost });
        chain.nextBlock();
        chain.nextBlock();
      });
      const { code, error } = await register(finder, system, ["--yes"]);
      assert.deepEqual([code, error], [1, "error: the connection broke\n"], read);
      assert.isTrue(finder.isClosed);
      assert.isEmpty(chain.watchers);
    }, { chain: { instead: neverSends() } });
  }
});

test("register --pow fails in one line when the GPU does", async () => {
  await withWork(async ({ chain, system }) => {
    const finder = new FakeFinder(() => Promise.reject(new WeftError("the GPU was lost")));
    const { code, error } = await register(finder, system, ["--yes"]);
    assert.deepEqual([code, error], [1, "error: the GPU was lost\n"]);
    assert.isTrue(finder.isClosed);
    assert.isTrue(chain.isClosed);
    assert.isEmpty(chain.watchers);
  }, { chain: { instead: neverSends() } });
});

test("register --pow opens the device again after a loss, and goes on", async () => {
  await withWork(async ({ system }) => {
    let searches = 0;
    const finder = new FakeFinder(({ startNonce: nonce }) => {
      searches += 1;
      return searches % 3 === 0
        ? Promise.resolve(found(nonce))
        : Promise.reject(new EngineLostError("unplugged"));
    });
    const { code, error } = await register(finder, system, ["--yes"]);
    assert.deepEqual([code, searches], [0, 3]);
    assert.equal(error, "the device was lost (unplugged); opening it again\n".repeat(2));
  });
});

test("register --pow gives a device up that is lost three times in a row", async () => {
  await withWork(async ({ chain, system }) => {
    const finder = new FakeFinder(() => Promise.reject(new EngineLostError("unplugged")));
    const { code, error } = await register(finder, system, ["--yes"]);
    assert.deepEqual([code, finder.tasks.length], [1, 3]);
    assert.match(error, /error: the device was lost 3 times in a row \(unplugged\)[^\n]*\n$/);
    assert.isTrue(finder.isClosed);
    assert.isEmpty(chain.watchers);
  }, { chain: { instead: neverSends() } });
});

test("register --pow says the uid of a hotkey that is registered already", async () => {
  const uidOf = (): Promise<number> => Promise.resolve(3);
  await withWork(async ({ system }) => {
    const finder = luckyFinder();
    const { code, out } = await register(finder, system, ["--yes"]);
    assert.deepEqual([code, out], [
      0,
      "hotkey default is already registered on subnet 9 as uid 3\n",
    ]);
    assert.isFalse(finder.isOpen);
  }, { chain: { instead: { ...neverSends(), uidOf } } });
});
