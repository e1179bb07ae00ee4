/**
 * A validator has a miner prove its GPU over a real axon, on the shared device; and miners that cheat.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { Axon } from "../../../core/compute/axon/axon.ts";
import { NonceBook } from "../../../core/compute/axon/nonce_book.ts";
import { Dendrite } from "../../../core/compute/dendrite.ts";
import { type ProofOfGpu, proofOfGpu } from "../../../core/compute/proof_of_gpu/proof_of_gpu.ts";
import { proveMiner, type ProvenMiner } from "../../../core/compute/proof_of_gpu/proof_round.ts";
import { PROOF_OF_GPU, ProofDesk } from "../../../core/compute/proof_of_gpu/proof_synapse.ts";
import type { BenchmarkResult } from "../../../core/compute/proof_of_gpu/published_lines.ts";
import { createSynapse } from "../../../core/compute/synapse/synapse.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifyMessage } from "../../../core/wallet/verify.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { Loopback } from "../../../core/node/loopback.ts";
import { failureOf, KeptLog } from "../../harness/kept_log.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";
import { FakeTime } from "../../iota/fake_time.ts";
import { openSharedGpu } from "../../model/shared.ts";

await readyKeys();
const gpu = await openSharedGpu();
const NEVER = new AbortController().signal;
const TIME = { clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes };
/** A proof of 352 x 352. */
const VRAM_GB = 0.01;
/** What no software adapter does: the figures of a card in the table. */
const L4: BenchmarkResult = {
  ...{ gpuCount: 1, vramGb: VRAM_GB, fp16Size: 1568, fp32Size: 768 },
  ...{ fp16Seconds: 2 * 1568 ** 3 / 51e12, fp32Seconds: 60 },
};

/** How a miner cheats, or does not. */
type Changes = (honest: ProofOfGpu) => Partial<ProofOfGpu>;

/** A miner's axon, and a validator's dendrite. */
interface Setup {
  readonly desk: ProofDesk;
  prove(): Promise<ProvenMiner>;
  readonly dendrite: Dendrite;
  /** Of another validator. */
  readonly other: Dendrite;
  readonly target: { readonly ip: string; readonly port: number; readonly hotkey: string };
}

async function setup(changes: Changes = () => ({}), time = new FakeTime()): Promise<Setup> {
  const log = new KeptLog();
  const desk = new ProofDesk({
    open: () => {
      const honest = proofOfGpu({ gpu, clock: processClock });
      const proof = { ...honest, benchmark: () => Promise.resolve(L4), ...changes(honest) };
      return Promise.resolve({ proof, close: () => {} });
    },
    ...{ vramGb: () => Promise.resolve(VRAM_GB), alone: (work) => work(), log },
    clock: time,
  });
  const nonces = await NonceBook.open({ ...TIME, lenient: false });
  const axon = new Axon({
    ...{ ...TIME, log, nonces, signer: BOB, version: 183 },
    checkSignature: (...check) => Promise.resolve(verifyMessage(...check)),
  });
  axon.attach(desk.route({}));
  const loopback = new Loopback();
  const { port } = await loopback.listen(axon.handler);
  const dendrite = new Dendrite({ ...TIME, signer: ALICE, http: loopback.http, log });
  const other = new Dendrite({ ...TIME, signer: BOB, http: loopback.http, log });
  const target = { ip: "127.0.0.1", port, hotkey: BOB.address };
  return {
    desk,
    dendrite,
    other,
    target,
    prove: () => proveMiner({ ...TIME, dendrite }, target, NEVER),
  };
}

async function refusal(changes: Changes): Promise<string> {
  return String(await failureOf((await setup(changes)).prove()));
}

test("an honest miner is believed, and its card found by its figures", async () => {
  // Slow in f32 so that a busy machine is in time: the card is the one that is nearest by the rest.
  const { gpuCount, gpuName } = await (await setup()).prove();
  assert.equal(gpuCount, 1);
  assert.match(gpuName, /^NVIDIA /);
});

test("a miner may prove again, each time with seeds and places of that time", async () => {
  const { prove } = await setup();
  assert.deepEqual(await prove(), await prove());
});

test("another root than that of its rows is not believed", async () => {
  const reason = await refusal((honest) => ({
    compute: async (seeds) => {
      const [claim] = await honest.compute(seeds);
      return [{ ...claim, root: "00".repeat(32) }];
    },
  }));
  assert.match(reason, /the proof is wrong: wrong path of row/);
});

test("a product of other seeds is not believed", async () => {
  const reason = await refusal((honest) => ({
    compute: (seeds) => honest.compute(seeds.replace(/\d+$/, "7")),
  }));
  assert.match(reason, /the proof is wrong: wrong value at/);
});

test("a smaller product than was asked for is not believed", async () => {
  const reason = await refusal((honest) => ({
    compute: (seeds) => honest.compute(seeds.replace(/^\d+/, "64")),
  }));
  assert.match(reason, /compute is of n 64, not 352/);
});

test("rows of other places than were asked for are not believed", async () => {
  const reason = await refusal((honest) => ({
    prove: (indices) => honest.prove(indices.replaceAll(/\d+,(\d+)/g, "0,$1")),
  }));
  assert.match(reason, /the proof is wrong: other places/);
});

test("a product that takes longer than its benchmark says is not believed", async () => {
  const reason = await refusal((honest) => ({
    compute: async (seeds) => {
      const [claim] = await honest.compute(seeds);
      return [{ ...claim, timings: { ...claim.timings, multiplication_time: 61 } }];
    },
  }));
  assert.match(reason, /too long for its benchmark/);
});

test("no time at all, and a figure that was not measured, make no card", async () => {
  for (
    const [fp16Seconds, reason] of [[0, /took no time/], [
      undefined,
      /f16 was not measured/,
    ]] as const
  ) {
    const changed = { ...L4, fp16Seconds };
    assert.match(await refusal(() => ({ benchmark: () => Promise.resolve(changed) })), reason);
  }
});

test("a root proves one time only", async () => {
  const { desk, dendrite, target, prove } = await setup();
  await prove();
  const fields = { mode: "proof", seeds: "", indices: "0 1,1", output: {} };
  const { fields: { output } } = await dendrite.call(target, createSynapse(PROOF_OF_GPU, fields));
  assert.equal(output.error, "compute comes before proof");
  desk.close();
});

test("a larger n than the card's is refused before anything is computed", async () => {
  const { dendrite, target } = await setup(() => ({
    compute: () => Promise.reject(new Error("nothing should be computed")),
  }));
  const fields = { mode: "compute", seeds: "384\n0 1 2", indices: "", output: {} };
  const { fields: { output } } = await dendrite.call(target, createSynapse(PROOF_OF_GPU, fields));
  assert.equal(output.error, "n is 384, expected 352 at most for this card");
});

test("of two proofs at once the second is told to wait", async () => {
  const go = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { dendrite, target } = await setup(() => ({
    benchmark: async () => {
      begun.resolve();
      await go.promise;
      return L4;
    },
  }));
  const asked = createSynapse(PROOF_OF_GPU, {
    mode: "benchmark",
    seeds: "",
    indices: "",
    output: {},
  });
  const first = dendrite.call(target, asked);
  await begun.promise;
  const { fields: { output } } = await dendrite.call(target, asked);
  assert.match(`${output.error}`, /another proof is under way/);
  go.resolve();
  assert.isNull((await first).fields.output.error);
});

test("unknown modes, and files that are none, are told as such", async () => {
  const { dendrite, target } = await setup();
  for (
    const [mode, seeds, reason] of [
      ["proof", "", /compute comes before/],
      ["all", "", /mode is one of/],
      ["compute", "", /seeds\.txt/],
      ["compute", "96\n1 2 3", /GPU/],
    ] as const
  ) {
    const fields = { mode, seeds, indices: "", output: {} };
    const { fields: { output } } = await dendrite.call(target, createSynapse(PROOF_OF_GPU, fields));
    assert.match(`${output.error}`, reason);
  }
});

test("a benchmark of larger matrices than the memory's is not believed", async () => {
  const changed = { ...L4, fp32Size: 7680 };
  const reason = await refusal(() => ({ benchmark: () => Promise.resolve(changed) }));
  assert.match(reason, /its benchmark is of 1568 and 7680/);
});

test("a product waits for its places a minute, and nobody else's takes its place meanwhile", async () => {
  const time = new FakeTime();
  const { dendrite, target, desk, other } = await setup(undefined, time);
  const compute = { mode: "compute", seeds: "32\n0 1 2", indices: "", output: {} };
  const asked = createSynapse(PROOF_OF_GPU, compute);
  const errorOf = async (from: Dendrite, fields = compute): Promise<unknown> =>
    (await from.call(target, createSynapse(PROOF_OF_GPU, fields))).fields.output.error;
  assert.isNull((await dendrite.call(target, asked)).fields.output.error);
  assert.match(`${await errorOf(other)}`, /another validator's proof is under way/);
  assert.isNull(await errorOf(other, { ...compute, mode: "gpu_info" }));
  await time.pass(61_000);
  assert.equal(
    await errorOf(dendrite, { ...compute, mode: "proof", indices: "0 1,1" }),
    "compute comes before proof",
  );
  assert.isNull(await errorOf(other));
  desk.close();
});
