/**
 * `validate compute` from its arguments to the weights on a ledger, over real HTTP.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test } from "#test";
import { assert } from "chai";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { jsonLines } from "../wallet/fake_wallet_system.ts";
import { BOB } from "../wallet/test_wallet.ts";
import { type ComputeSetup, type TestMiner, withCompute } from "./compute_setup.ts";

await readyKeys();
const GOOD: TestMiner = { uri: "//Charlie", answers: "right" };
const BAD: TestMiner = { uri: "//Dave", answers: "wrong" };
const CHARLIE = Keypair.fromUri("//Charlie").address;
const DAVE = Keypair.fromUri("//Dave").address;

/** What the round's line has of each miner, by hotkey. */
async function roundOf(
  { validate }: ComputeSetup,
  args: readonly string[] = [],
): Promise<Map<string, Record<string, unknown>>> {
  const { code, out, error } = await validate(["--json", ...args]);
  assert.equal(code, 0, error);
  const round = jsonLines(out).findLast(({ kind }) => kind === "round");
  const miners = round?.miners as Record<string, unknown>[];
  return new Map(miners.map((each) => [String(each.hotkey), each]));
}

function rowsOf(database: string, sql: string): Record<string, unknown>[] {
  const file = new DatabaseSync(database, { readOnly: true });
  try {
    return file.prepare(sql).all();
  } finally {
    file.close();
  }
}

test("who answers right has a score, who answers wrong has none, and the ledger the weights", async () => {
  await withCompute([GOOD, BAD], async (setup) => {
    const miners = await roundOf(setup);
    assert.isAbove(Number(miners.get(CHARLIE)?.score), 0);
    assert.deepInclude(miners.get(DAVE), { score: 0, success: false, difficulty: 7 });
    const { neurons } = await setup.ledger.metagraph(27);
    // Weights count for nobody before the epoch; that they were set tells the update's block.
    assert.isAbove(neurons[0].lastUpdate, neurons[2].lastUpdate);
  });
});

test("each answer is a line, and the round a table", async () => {
  await withCompute([GOOD, BAD], async ({ validate }) => {
    const { code, out } = await validate();
    assert.equal(code, 0);
    assert.match(
      out,
      /uid {3}2 {2}difficulty {2}7 {2}score 0\.0000 {2}failed: the password is none/,
    );
    assert.match(out, /uid {2}hotkey +difficulty +time +score +docker +rented +GPU\n/);
    assert.match(out, /1 {2}5FLSigC9 +7 +0\.00 s +0\.\d{4} +yes +no +NVIDIA L4 \(told\)\n/);
    assert.match(out, /2 {2}5DAAnrj7 +7 +failed +0\.0000 +yes +no/);
  });
});

test("what came of it is kept in the published tables", async () => {
  await withCompute([GOOD, BAD], async ({ validate, database }) => {
    await validate();
    const stats = rowsOf(database, "SELECT uid, hotkey, score > 0 AS good FROM stats ORDER BY uid");
    assert.deepEqual(stats.map(({ uid, hotkey, good }) => [uid, hotkey, good]), [
      [1, CHARLIE, 1],
      [2, DAVE, 0],
    ]);
    const [{ details }] = rowsOf(database, "SELECT details FROM miner_details ORDER BY hotkey");
    assert.isTrue(JSON.parse(String(details)).has_docker);
  });
});

test("two rounds are two challenges, and another run goes on with them", async () => {
  await withCompute([GOOD], async ({ validate, database }) => {
    await validate(["--rounds", "2", "--no-weights"]);
    await validate(["--no-weights"]);
    const [{ count }] = rowsOf(database, "SELECT COUNT(*) AS count FROM challenge_details");
    assert.equal(count, 3);
  });
});

test("without weights the chain hears nothing", async () => {
  await withCompute([GOOD], async ({ validate, ledger }) => {
    const before = (await ledger.metagraph(27)).neurons[0].lastUpdate;
    const { code } = await validate(["--no-weights"]);
    assert.equal(code, 0);
    assert.equal((await ledger.metagraph(27)).neurons[0].lastUpdate, before);
  });
});

test("weights that the chain refuses are told, and the code is 1", async () => {
  await withCompute([GOOD], async ({ validate }) => {
    assert.equal((await validate()).code, 0);
    const { code, error } = await validate();
    assert.equal(code, 1);
    assert.match(error, /no weights are set: subnet 27 takes weights every \d+ blocks/);
  });
});

test("a miner that does not answer in time has failed, after 30 seconds", async () => {
  const late: TestMiner = { uri: "//Charlie", answers: "late" };
  await withCompute([late], async ({ validate, time }) => {
    const { out } = await time.until(
      validate(["--no-weights", "--no-validator.perform.hardware.query"]),
    );
    assert.include(out, "failed: Request timeout after 30");
  });
});

test("without docker a miner has half, unless nobody asks what it has", async () => {
  const bare: TestMiner = { ...GOOD, uri: "//Dave", specs: { hasDocker: false } };
  await withCompute([GOOD, bare], async (setup) => {
    const args = ["--no-weights"];
    const asked = await roundOf(setup, args);
    assert.equal(Number(asked.get(DAVE)?.score) * 2, asked.get(CHARLIE)?.score);
    const unasked = await roundOf(setup, [...args, "--validator.perform.hardware.query=false"]);
    assert.equal(unasked.get(DAVE)?.score, unasked.get(CHARLIE)?.score);
  });
});

test("a miner that lies in what it has writes nothing on the terminal but its own name", async () => {
  const name = `\x1b[2J\nuid 7  ${"A".repeat(100_000)}`;
  const gpus = [{ name: "\x1b[2J\r\nuid 9", capacity: -1 }];
  const cpu = { count: 1e300, frequency: undefined };
  const loud: TestMiner = { ...GOOD, specs: { gpus: [{ name, capacity: 1 }] } };
  const sly: TestMiner = { ...GOOD, uri: "//Dave", specs: { gpus } };
  const vain: TestMiner = { ...GOOD, uri: "//Eve", specs: { cpu } };
  await withCompute([loud, sly, vain], async (setup) => {
    const { out } = await setup.validate(["--no-weights"]);
    // deno-lint-ignore no-control-regex
    assert.notMatch(out, /[\x00-\x09\x0b-\x1f]/);
    const miners = await roundOf(setup, ["--no-weights"]);
    const told = [...miners.values()].map(({ returnsSpecs, toldGpus }) => [returnsSpecs, toldGpus]);
    // Too long, then cleaned, then without a processor that could be.
    assert.deepEqual(told, [[false, null], [true, "[2J uid 9"], [false, null]]);
  });
});

test("a hotkey on the list of punished ones has nothing", async () => {
  await withCompute([GOOD, { ...GOOD, uri: "//Dave" }], async (setup) => {
    const list = [{ hotkey: DAVE, status_code: "ALLOCATION_FAILED", description: "" }];
    Deno.writeTextFileSync(join(setup.dir, "penalized_hotkeys.json"), JSON.stringify(list));
    const miners = await roundOf(setup, ["--no-weights"]);
    assert.equal(miners.get(DAVE)?.score, 0);
    assert.isAbove(Number(miners.get(CHARLIE)?.score), 0);
  });
});

test("one of four lists takes half", async () => {
  await withCompute([GOOD, { ...GOOD, uri: "//Dave" }], async (setup) => {
    const list = [{ hotkey: DAVE, status_code: "PORT_CLOSED", description: "" }];
    const files = [list, [], [], []].map((each, at) => {
      Deno.writeTextFileSync(join(setup.dir, `${at}.json`), JSON.stringify(each));
      return `${at}.json`;
    });
    const args = ["--no-weights", "--penalized.hotkeys", files.join()];
    const miners = await roundOf(setup, args);
    assert.equal(Number(miners.get(DAVE)?.score) * 2, miners.get(CHARLIE)?.score);
  });
});

for (
  const [what, text, reason] of [
    ["that is not there", undefined, "there is no such file"],
    ["that is no JSON", "[", "it is no JSON"],
    ["of something else", '[{"hotkey":"x"}]', "it is no list of penalised hotkeys"],
  ] as const
) {
  test(`a list of punished ones ${what} is told before anyone is asked`, async () => {
    await withCompute([GOOD], async ({ validate, dir }) => {
      if (text !== undefined) Deno.writeTextFileSync(join(dir, "list.json"), text);
      const { code, error, out } = await validate(["--penalized.hotkeys", "list.json"]);
      assert.deepEqual([code, out], [1, ""]);
      assert.include(error, reason);
    });
  });
}

test("a miner that lends nothing is listed by the checker and loses its score", async () => {
  await withCompute([GOOD], async (setup) => {
    const miners = await roundOf(setup, ["--no-weights", "--checker"]);
    assert.equal(miners.get(CHARLIE)?.score, 0);
    const list = JSON.parse(Deno.readTextFileSync(join(setup.dir, "penalized_hotkeys.json")));
    assert.deepEqual(list.map((each: Record<string, unknown>) => each.status_code), [
      "ALLOCATION_FAILED",
    ]);
  });
});

test("by proven GPUs nobody is challenged, and the database says what was proven", async () => {
  await withCompute([GOOD, BAD], async (setup) => {
    await setup.validate(["--no-weights"]);
    const file = new DatabaseSync(setup.database);
    file.prepare("INSERT INTO pog_stats (hotkey, gpu_name, num_gpus) VALUES (?, ?, ?)")
      .run(DAVE, "NVIDIA H200", 8);
    file.close();
    const miners = await roundOf(setup, ["--no-weights", "--score", "1.8.3"]);
    assert.deepInclude(miners.get(DAVE), { score: 1, difficulty: null });
    assert.deepInclude(miners.get(CHARLIE), { score: 0, gpu: null });
  });
});

test("a prover's rounds come before the score, with a line of each miner", async () => {
  await withCompute([GOOD, BAD], async (setup) => {
    setup.prover = ({ hotkey }) =>
      Promise.resolve(hotkey === DAVE ? { gpuName: "NVIDIA H100", gpuCount: 8 } : undefined);
    const args = ["--no-weights", "--score", "1.8.3"];
    const { out, error } = await setup.validate(args);
    assert.include(out, "uid   1  has proven no GPU\n");
    assert.include(out, "uid   2  has proven 8 x NVIDIA H100\n");
    assert.match(out, /2 {2}5DAAnrj7 +- +- +0\.7000 +yes +no +8 x NVIDIA H100\n/);
    assert.notInclude(error, "nothing proves GPUs here");
    const [{ specs }] = rowsOf(
      setup.database,
      "SELECT gpu_specs AS specs FROM stats WHERE uid = 2",
    );
    assert.deepEqual(JSON.parse(String(specs)), { gpu_name: "NVIDIA H100", num_gpus: 8 });
  });
});

test("scores of challenges ask no one for proofs", async () => {
  await withCompute([GOOD], async (setup) => {
    setup.prover = () => assert.fail("a proof was asked for");
    assert.equal((await setup.validate(["--no-weights"])).code, 0);
  });
});

test("who is rented is asked for no proof, and has more of a formula that rewards it", async () => {
  await withCompute([GOOD, { ...GOOD, uri: "//Dave" }], async (setup) => {
    await setup.validate(["--no-weights"]);
    const file = new DatabaseSync(setup.database);
    file.prepare("INSERT INTO allocation (hotkey, details) VALUES (?, '{}')").run(DAVE);
    file.close();
    const miners = await roundOf(setup, ["--no-weights"]);
    assert.deepInclude(miners.get(DAVE), { isAllocated: true });
    assert.isAbove(Number(miners.get(DAVE)?.score), Number(miners.get(CHARLIE)?.score));
    setup.prover = ({ hotkey }) =>
      hotkey === DAVE ? assert.fail("asked") : Promise.resolve(undefined);
    const { out } = await setup.validate(["--no-weights", "--score", "1.6.0"]);
    assert.notInclude(out, "uid   2  has proven");
  });
});

test("the validator announces its version where it was told to", async () => {
  await withCompute([], async ({ validate, ledger }) => {
    const served: unknown[] = [];
    ledger.servePrometheus = (_, netuid, address) => {
      served.push([netuid, address]);
      return Promise.resolve(undefined);
    };
    await validate(["--axon.external_ip", "203.0.113.9"]);
    const address = { version: 183, ip: "203.0.113.9", port: 8091, ipType: 4 };
    assert.deepEqual(served, [[27, address]]);
  });
});

test("without a miner it says so", async () => {
  await withCompute([], async ({ validate }) => {
    const { code, error } = await validate();
    assert.equal(code, 0);
    assert.include(error, "there is no miner to ask");
  });
});

test("a hotkey that is not registered ends it before anyone is asked", async () => {
  await withCompute([GOOD], async ({ validate }) => {
    const { code, error, out } = await validate(["--netuid", "9"]);
    assert.deepEqual([code, out], [1, ""]);
    assert.include(error, `hotkey ${BOB} is not registered on subnet 9`);
  });
});

test("a broken database ends it before anyone is asked, and is left as it was", async () => {
  await withCompute([GOOD], async ({ validate, database }) => {
    Deno.writeTextFileSync(database, "shopping list ".repeat(100));
    const { code, error, out } = await validate();
    assert.deepEqual([code, out], [1, ""]);
    assert.include(error, "cannot be used as a validator's database");
    assert.include(Deno.readTextFileSync(database), "shopping list");
  });
});

test("a published command line is understood, and what is ignored is told", async () => {
  await withCompute([], async ({ validate }) => {
    const { code, error } = await validate([
      ...["--validator.whitelist.unrecognized", "--validator.force.update.prometheus"],
      ...["--validator.perform.hardware.query", "--validator.specs.batch.size", "8"],
      ...["--auto_update", "--axon.max_workers", "3", "--ssh.port", "4444"],
      ...["--miner.hashcat.path", "hashcat", "--miner.whitelist.not.enough.stake"],
    ]);
    assert.equal(code, 0, error);
    assert.lengthOf(error.split("\n").filter((line) => line.includes(" is ignored: ")), 7);
  });
});
