/**
 * The files of an upload: their sizes and the metadata beside them, whatever they hold.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { Validation, VectorMetadata } from "../../../core/iota/api/schemas.ts";
import { MAX_METADATA_BYTES } from "../../../core/iota/merging/vector_metadata.ts";
import { metadataOf } from "./flat_files.ts";
import { BODY, HEAD, TAIL, TestSwarm } from "./test_swarm.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The verdict on an upload after an honest round of the body, and the score. */
async function judged(
  changes: Parameters<TestSwarm["upload"]>[1],
): Promise<Validation & { total: number | null }> {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  const verdict = await swarm.validator.upload(await swarm.upload(BODY, changes));
  return { ...verdict, total: swarm.validator.status.score };
}

const BAD_METADATA: readonly [string, (metadata: VectorMetadata) => unknown][] = [
  ["of another length", ({ tensor, sections }) => ({
    tensor: { ...tensor, total_bytes: tensor.total_bytes - 2 },
    sections,
  })],
  ["of another dtype", ({ tensor, sections }) => ({
    tensor: { ...tensor, dtype: "torch.float32" },
    sections,
  })],
  ["that end too early", ({ tensor, sections }) => ({ tensor, sections: { 0: sections[0] } })],
  ["with a gap", ({ tensor, sections: { 0: first, 2: last } }) => ({
    tensor,
    sections: { 0: first, 2: last },
  })],
  ["whose tensor has another length", ({ tensor, sections }) => ({
    tensor: { ...tensor, num_elements: tensor.num_elements - 1 },
    sections,
  })],
  ["whose elements lie elsewhere than their bytes", ({ tensor, sections }) => ({
    tensor,
    sections: { ...sections, 1: { ...sections[1], start_idx: sections[1].start_idx + 1 } },
  })],
  ["whose first section is a little longer than it should be", ({ tensor, sections }) => {
    const { 0: first, 1: second } = sections;
    const [end_idx, end_byte] = [first.end_idx + 1, first.end_byte + 2];
    const moved = { ...second, start_idx: end_idx, start_byte: end_byte };
    return { tensor, sections: { ...sections, 0: { ...first, end_idx, end_byte }, 1: moved } };
  }],
  ["whose sections are in another order", ({ tensor, sections: { 0: a, 1: b, 2: c } }) => ({
    tensor,
    sections: { 0: b, 1: a, 2: c },
  })],
  ["whose sections are counted from one", ({ tensor, sections: { 0: a, 1: b, 2: c } }) => ({
    tensor,
    sections: { 1: a, 2: b, 3: c },
  })],
  ["whose sections have names", ({ tensor, sections: { 0: a, 1: b, 2: c } }) => ({
    tensor,
    sections: { a, b, c },
  })],
  ["with a section too many", ({ tensor, sections }) => ({
    tensor,
    sections: { ...sections, 3: sections[0] },
  })],
  ["with an empty list of sections", ({ tensor }) => ({ tensor, sections: {} })],
  ["without sections", ({ tensor }) => ({ tensor })],
  ["that are a list", () => []],
];

for (const [what, metadata] of BAD_METADATA) {
  test(`metadata ${what} fail and cost three`, async () => {
    const { is_valid, reason, total } = await judged({ metadata });
    assert.deepEqual([is_valid, reason, total], [false, "failed", -3]);
  });
}

test("metadata that are no JSON fail", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  const upload = await swarm.upload(BODY);
  const metadataUrl = swarm.putBytes(new TextEncoder().encode("{"));
  assert.equal((await swarm.validator.upload({ ...upload, metadataUrl })).reason, "failed");
});

for (const numSections of [1, 2, 7, 100_000]) {
  test(`metadata of ${numSections} sections as every miner cuts them pass`, async () => {
    const metadata = ({ tensor }: VectorMetadata): VectorMetadata =>
      metadataOf(tensor.total_bytes, numSections);
    assert.equal((await judged({ metadata })).reason, "passed");
  });
}

const OTHER_SIZES: readonly [string, (bytes: Bytes) => Bytes][] = [
  ["an element short", (bytes) => bytes.slice(0, -2)],
  ["a byte short", (bytes) => bytes.slice(0, -1)],
  ["cut in half", (bytes) => bytes.slice(0, bytes.length / 2)],
  ["empty", () => new Uint8Array(0)],
  ["a byte too long", (bytes) => Uint8Array.of(...bytes, 0)],
  ["an element too long", (bytes) => Uint8Array.of(...bytes, 0, 0)],
  ["twice as long", (bytes) => Uint8Array.of(...bytes, ...bytes)],
];

for (const part of ["weights", "state"] as const) {
  for (const [what, change] of OTHER_SIZES) {
    test(`a file of the ${part} that is ${what} fails and costs three`, async () => {
      const { is_valid, reason, total } = await judged({ [part]: change });
      assert.deepEqual([is_valid, reason, total], [false, "failed", -3]);
    });
  }
}

test("metadata that are larger than those of any swarm fail and cost three", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  const upload = await swarm.upload(BODY);
  const metadataUrl = swarm.putBytes(new Uint8Array(MAX_METADATA_BYTES + 1).fill(0x20));
  assert.equal((await swarm.validator.upload({ ...upload, metadataUrl })).reason, "failed");
  assert.equal(swarm.validator.status.score, -3);
});

test("a file that is not there at all is held against nobody", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  await swarm.step();
  const upload = { ...await swarm.upload(BODY), weightsUrl: "memory:nowhere" };
  assert.equal((await swarm.validator.upload(upload)).reason, "no-validation-possible");
  assert.equal(swarm.validator.status.score, 0);
});

test("tokens of a head that are too long for any batch do not keep it from being judged", async () => {
  const swarm = new TestSwarm();
  await swarm.round(HEAD);
  swarm.put(new Uint8Array(1 << 20), { uid: "c", direction: "initial", layer: TAIL });
  for (const direction of ["forward", "backward"] as const) {
    assert.isFalse((await swarm.validator.pass("c", direction)).is_valid);
  }
  await swarm.step();
  assert.equal((await swarm.validator.upload(await swarm.upload(HEAD))).reason, "passed");
});

test("an input of another miner that is too long for us keeps a body from being judged", async () => {
  const swarm = new TestSwarm();
  await swarm.round(BODY);
  swarm.put(new Uint8Array(1 << 20), { uid: "c", direction: "forward", layer: BODY });
  assert.isFalse((await swarm.validator.pass("c", "forward")).is_valid);
  await swarm.step();
  const { reason } = await swarm.validator.upload(await swarm.upload(BODY));
  assert.equal(reason, "no-validation-possible");
});
