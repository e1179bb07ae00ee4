/**
 * Renting as a validator does it, from the command line to the miner's desk, over real HTTP.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AllocationDesk } from "../../../../core/compute/allocation/allocation_desk.ts";
import { ALLOCATE } from "../../../../core/compute/synapse/synapses.ts";
import type { PythonData } from "../../../../core/formats/python_json.ts";
import { Keypair } from "../../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../../core/wallet/ready.ts";
import { SqliteComputeBook } from "../../../../headless/sqlite_compute_book.ts";
import { allocateCommand } from "../../../../headless/validate/renter/allocate.ts";
import { deallocateCommand } from "../../../../headless/validate/renter/deallocate.ts";
import { jobCommand } from "../../../../headless/validate/renter/job.ts";
import { listCommand } from "../../../../headless/validate/renter/list.ts";
import { DeskSetup, PASSWORD } from "../../../compute/allocation/allocation_setup.ts";
import { jsonLines } from "../../wallet/fake_wallet_system.ts";
import { type ComputeSetup, type TestMiner, withCompute } from "../compute_setup.ts";

await readyKeys();

/** A miner with a desk of its own. */
interface LendingMiner extends TestMiner {
  readonly setup: DeskSetup;
  readonly address: string;
}

async function lender(uri: string): Promise<LendingMiner> {
  const setup = new DeskSetup();
  const desk: AllocationDesk = await setup.desk();
  return {
    ...{ uri, answers: "right", setup, address: Keypair.fromUri(uri).address },
    attach: (miner) => void miner.axon.attach(desk.route(miner.admissionOf("Allocate"))),
  };
}

/** A miner whose answers to Allocate are made up. */
function answering(uri: string, output: Readonly<Record<string, PythonData>>): TestMiner {
  return {
    ...{ uri, answers: "right" },
    attach: (miner) =>
      void miner.axon.attach({
        kind: ALLOCATE,
        forward: ({ synapse: { fields } }) => Promise.resolve({ ...fields, output }),
      }),
  };
}

function stored({ database }: ComputeSetup): Record<string, unknown>[] {
  const file = new DatabaseSync(database);
  try {
    return file.prepare("SELECT hotkey, details FROM allocation").all().map((row) => ({ ...row }));
  } finally {
    file.close();
  }
}

test("a machine is rented, listed and given back; how to get in is printed and kept", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    const { code, out } = await setup.run(allocateCommand, ["--timeline", "2", "--json"]);
    assert.equal(code, 0);
    const [rented] = jsonLines(out);
    assert.deepInclude(rented, { kind: "allocated", hotkey: miner.address, days: 2 });
    assert.deepInclude(rented, { username: "root", password: PASSWORD, port: 4444 });
    const [{ details }] = stored(setup);
    const kept = JSON.parse(`${details}`);
    assert.deepInclude(kept, { username: "root", password: PASSWORD, ip: "127.0.0.1" });
    assert.match(kept.regkey, /^-----BEGIN PUBLIC KEY-----/);
    assert.notInclude(`${details}`, "PRIVATE");
    const list = await setup.run(listCommand, []);
    assert.include(list.out, miner.address);
    assert.include(list.out, "runs");
    assert.notInclude(list.out + list.error, PASSWORD);
    const back = await setup.run(deallocateCommand, ["--hotkey", miner.address]);
    assert.deepEqual([back.code, miner.setup.rental.state], [0, "gone"]);
    assert.deepEqual(stored(setup), []);
  });
});

test("the database is for its owner's eyes alone, and no line of the log has the password", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    const { error } = await setup.run(allocateCommand, ["--logging.debug", "--json"]);
    assert.notInclude(error, PASSWORD);
    if (Deno.build.os !== "windows") {
      assert.equal((Deno.statSync(setup.database).mode ?? 0) & 0o777, 0o600);
    }
  });
});

test("what is wanted reaches the miner, written as JSON or as the guides' Python", async () => {
  for (
    const text of ['{"cpu":{"count":1},"gpu":{}}', "{'cpu':{'count':1}, 'gpu':{}, 'testing': True}"]
  ) {
    const miner = await lender("//Charlie");
    await withCompute([miner], async (setup) => {
      const { code } = await setup.run(allocateCommand, ["--requirement", text]);
      assert.equal(code, 0);
      assert.equal(miner.setup.rental.orders[0].testing, text.includes("True"));
    });
  }
});

test("of two miners that fit the one is rented from that was not rented from last", async () => {
  const miners = [await lender("//Charlie"), await lender("//Dave")];
  await withCompute(miners, async (setup) => {
    const rented: unknown[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const { out } = await setup.run(allocateCommand, ["--json"]);
      const [{ hotkey }] = jsonLines(out);
      rented.push(hotkey);
      await setup.run(deallocateCommand, ["--hotkey", `${hotkey}`]);
      setup.time.advance(1_000);
    }
    assert.equal(new Set(rented.slice(0, 2)).size, 2);
    assert.deepEqual(rented.slice(2), rented.slice(0, 2));
  });
});

test("of two miners that were never rented from the one with the better score is asked", async () => {
  const miners = [await lender("//Charlie"), await lender("//Dave")];
  await withCompute(miners, async (setup) => {
    const book = new SqliteComputeBook(setup.database);
    const scores = miners.map(({ address: hotkey }, uid) => ({
      ...{ uid, hotkey, gpu: undefined, score: uid, isAllocated: false },
    }));
    await book.writeScores(scores);
    book.close();
    const { out } = await setup.run(allocateCommand, ["--json"]);
    assert.equal(jsonLines(out)[0].hotkey, miners[1].address);
  });
});

test("a requirement that is none is wrong use, and nobody is asked", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    for (const text of ["a GPU", "[1]", "{'cpu':", '{"cpu":{"count":"many"}}']) {
      const { code, error } = await setup.run(allocateCommand, ["--requirement", text]);
      assert.equal(code, 2, text);
      assert.include(error, "--requirement");
    }
    assert.isEmpty(miner.setup.rental.orders);
  });
});

test("a miner that lends nothing is passed over for one that does", async () => {
  const [none, one] = [await lender("//Charlie"), await lender("//Dave")];
  none.setup.rental.obstacleNow = "Docker is not there";
  await withCompute([none, one], async (setup) => {
    const { out } = await setup.run(allocateCommand, ["--json"]);
    assert.equal(jsonLines(out)[0].hotkey, one.address);
  });
});

test("where nobody lends, it says what that can mean, and nothing is kept", async () => {
  const miner = await lender("//Charlie");
  miner.setup.rental.obstacleNow = "Docker is not there";
  await withCompute([miner], async (setup) => {
    const { code, error } = await setup.run(allocateCommand, []);
    assert.equal(code, 1);
    assert.match(error, /none of 1 miners lends a machine now.*Docker/s);
    assert.deepEqual(stored(setup), []);
  });
});

test("a machine that was rented by somebody else meanwhile is not kept", async () => {
  // Free when asked, and taken when ordered.
  let asked = 0;
  const miner: TestMiner = {
    ...{ uri: "//Charlie", answers: "right" },
    attach: (miner) =>
      void miner.axon.attach({
        kind: ALLOCATE,
        forward: ({ synapse: { fields } }) =>
          Promise.resolve({ ...fields, output: { status: asked++ === 0, port: 4444 } }),
      }),
  };
  await withCompute([miner], async (setup) => {
    assert.equal((await setup.run(allocateCommand, [])).code, 1);
    assert.deepEqual(stored(setup), []);
  });
});

test("a machine that may be rented, with an answer that cannot be read, can be given back", async () => {
  const miner = answering("//Charlie", { status: true, info: "AAAA", port: 4444 });
  const { address } = Keypair.fromUri("//Charlie");
  await withCompute([miner], async (setup) => {
    const { code, error } = await setup.run(allocateCommand, []);
    assert.equal(code, 1);
    assert.match(error, /how to get in cannot be read: give it back/);
    assert.equal(stored(setup)[0].hotkey, address);
    assert.equal((await setup.run(deallocateCommand, ["--hotkey", address])).code, 0);
    assert.deepEqual(stored(setup), []);
  });
});

test("a miner that refuses the hotkey is named with its reason", async () => {
  const miner: TestMiner = {
    ...{ uri: "//Charlie", answers: "right" },
    attach: (miner) =>
      void miner.axon.attach({
        kind: ALLOCATE,
        blacklist: () => "Not enough stake!",
        forward: ({ synapse: { fields } }) => Promise.resolve(fields),
      }),
  };
  await withCompute([miner], async (setup) => {
    const { code, error } = await setup.run(allocateCommand, []);
    assert.equal(code, 1);
    assert.match(error, /warning: .* answers 403: .*Not enough stake!/);
  });
});

test("the same miner is not rented twice", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    await setup.run(allocateCommand, []);
    const again = await setup.run(allocateCommand, ["--hotkey", miner.address]);
    assert.equal(again.code, 2);
    assert.match(again.error, /rented already/);
    assert.equal((await setup.run(allocateCommand, [])).code, 1);
    assert.lengthOf(miner.setup.rental.orders, 1);
  });
});

test("a miner that does not know the key keeps its row, until it is forgotten by force", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    await setup.run(allocateCommand, []);
    const file = new DatabaseSync(setup.database);
    file.exec(`UPDATE allocation SET details = '{"regkey":"another"}'`);
    file.close();
    const refused = await setup.run(deallocateCommand, ["--hotkey", miner.address]);
    assert.equal(refused.code, 1);
    assert.include(refused.error, "--force");
    assert.lengthOf(stored(setup), 1);
    const forced = await setup.run(deallocateCommand, ["--hotkey", miner.address, "--force"]);
    assert.equal(forced.code, 0);
    assert.deepEqual(stored(setup), []);
    assert.equal(miner.setup.rental.state, "running");
  });
});

test("a machine is given back by the uid that the list shows", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    await setup.run(allocateCommand, []);
    const [{ uid }] = jsonLines((await setup.run(listCommand, ["--json"])).out);
    assert.equal((await setup.run(deallocateCommand, ["--uid", `${uid}`])).code, 0);
    assert.equal(miner.setup.rental.state, "gone");
  });
});

test("a uid of another miner, of nobody, and beside a hotkey gives nothing back", async () => {
  const miners = [await lender("//Charlie"), await lender("//Dave")];
  await withCompute(miners, async (setup) => {
    await setup.run(allocateCommand, ["--hotkey", miners[0].address]);
    const [{ uid }] = jsonLines((await setup.run(listCommand, ["--json"])).out);
    for (const other of [0, 1, 2, 3].filter((each) => each !== uid)) {
      const { code, error } = await setup.run(deallocateCommand, ["--uid", `${other}`]);
      assert.equal(code, 1);
      assert.match(error, /nothing of .* is rented here|serves no axon/);
    }
    const both = ["--uid", `${uid}`, "--hotkey", miners[0].address];
    assert.equal((await setup.run(deallocateCommand, both)).code, 2);
    assert.equal(miners[0].setup.rental.state, "running");
  });
});

test("of two who rent the same machine at once one gets it, and its row stays", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    const runs = await Promise.all([0, 1].map(() => setup.run(allocateCommand, [])));
    assert.deepEqual(runs.map(({ code }) => code).sort(), [0, 1]);
    assert.lengthOf(stored(setup), 1);
    assert.equal((await setup.run(deallocateCommand, ["--hotkey", miner.address])).code, 0);
    assert.equal(miner.setup.rental.state, "gone");
  });
});

test("a miner that breaks off an order may have lent the machine, and it can be given back", async () => {
  let asked = 0;
  const miner: TestMiner = {
    ...{ uri: "//Charlie", answers: "right" },
    attach: (miner) =>
      void miner.axon.attach({
        kind: ALLOCATE,
        forward: ({ synapse: { fields } }) => {
          asked += 1;
          if (asked === 2) return Promise.reject(new Error("broken"));
          return Promise.resolve({ ...fields, output: { status: true, port: 4444 } });
        },
      }),
  };
  await withCompute([miner], async (setup) => {
    const { error } = await setup.run(allocateCommand, []);
    assert.match(error, /may be rented all the same, give it back/);
    const { address } = Keypair.fromUri("//Charlie");
    assert.equal((await setup.run(deallocateCommand, ["--hotkey", address])).code, 0);
  });
});

test("what was never rented is not given back, and the miner is not asked", async () => {
  await withCompute([await lender("//Charlie")], async (setup) => {
    const { address } = Keypair.fromUri("//Charlie");
    const { code, error } = await setup.run(deallocateCommand, ["--hotkey", address]);
    assert.equal(code, 1);
    assert.match(error, /nothing of .* is rented here/);
    assert.equal((await setup.run(deallocateCommand, [])).code, 2);
  });
});

test("a miner that serves no axon is not reached, and the list says so", async () => {
  await withCompute([], async (setup) => {
    const { address } = Keypair.fromUri("//Ferdie");
    const { code, error } = await setup.run(allocateCommand, ["--hotkey", address]);
    assert.equal(code, 1);
    assert.match(error, /serves no axon/);
    const file = new DatabaseSync(setup.database);
    file.prepare("INSERT INTO allocation (hotkey, details) VALUES (?, ?)").run(address, "no json");
    file.close();
    assert.include((await setup.run(listCommand, [])).out, "does not answer");
  });
});

test("rows of the published validator are shown and given back", async () => {
  const miner = await lender("//Charlie");
  await withCompute([miner], async (setup) => {
    await setup.run(allocateCommand, []);
    const file = new DatabaseSync(setup.database);
    const [{ details }] = stored(setup);
    const { regkey, ...access } = JSON.parse(`${details}`);
    const published = { ...access, resource: "nvidia l4", regkey };
    for (const ours of ["days", "rented_unix_ms"]) delete published[ours];
    file.prepare("UPDATE allocation SET details = ?").run(JSON.stringify(published));
    file.close();
    const { out } = await setup.run(listCommand, ["--json"]);
    assert.deepInclude(jsonLines(out)[0], { resource: "nvidia l4", state: "runs" });
    assert.equal((await setup.run(deallocateCommand, ["--hotkey", miner.address])).code, 0);
  });
});

test("a job that is none is told before a password is asked for", async () => {
  await withCompute([], async (setup) => {
    const { address } = Keypair.fromUri("//Charlie");
    const path = join(setup.dir, "job.json");
    const job = (): ReturnType<ComputeSetup["run"]> =>
      setup.run(jobCommand, [path, "--hotkey", address]);
    assert.match((await job()).error, /job\.json cannot be read/);
    Deno.writeTextFileSync(path, '{"shader":"a.wgsl","buffers":[],"workgroups":[1,1]}');
    assert.match((await job()).error, /is no job: workgroups/);
    Deno.writeTextFileSync(path, '{"shader":"a.wgsl","buffers":[],"workgroups":[1,1,1]}');
    assert.match((await job()).error, /a\.wgsl cannot be read/);
    assert.equal((await setup.run(jobCommand, ["--hotkey", address])).code, 2);
  });
});
