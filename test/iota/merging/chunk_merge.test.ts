import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { SubmittedWeights } from "../../../core/iota/api/schemas.ts";
import {
  ChunkMerge,
  type ChunkMergeOptions,
  type FetchBytes,
  type MergedChunk,
  perVector,
  type VectorKind,
} from "../../../core/iota/merging/chunk_merge.ts";
import { decodeElements, encodeElements } from "../../../core/iota/merging/elements.ts";
import {
  type VectorLayout,
  vectorMetadata,
  writeVectorMetadata,
} from "../../../core/iota/merging/vector_metadata.ts";
import type { WeightsDtype } from "../../../core/iota/orchestrator/settings.ts";

const SECTIONS = 3;
const ELEMENTS = { weights: 10, optimizer_state: 20 };
const OURS = "hotkey0";

/** Objects by key, and what was asked of them. */
class FakeStore {
  readonly objects = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly asked: string[] = [];
  bytes = 0;

  readonly fetch: FetchBytes = (url, { range, maxBytes }) => {
    const key = new URL(url).pathname.slice("/bucket/".length);
    const object = this.objects.get(key);
    this.asked.push(range ? `${key} ${range.start}-${range.end}` : key);
    if (!object) return Promise.reject(new WeftError(`there is no ${key}`));
    const piece = range ? object.slice(range.start, range.end) : object;
    assert.isAtMost(piece.length, maxBytes);
    this.bytes += piece.length;
    return Promise.resolve(piece);
  };
}

/** Vectors whose element i of miner n is n + i / 16, which bfloat16 holds exactly. */
function vectorOf(miner: number, kind: VectorKind, dtype: WeightsDtype): Uint8Array<ArrayBuffer> {
  const values = Float32Array.from({ length: ELEMENTS[kind] }, (_, i) => miner + i / 16);
  return encodeElements(values, dtype);
}

/** Miners that have uploaded. */
class Swarm {
  readonly store = new FakeStore();
  readonly warnings: string[] = [];
  packets: SubmittedWeights[];

  constructor(miners: number, readonly dtype: WeightsDtype = "bfloat16") {
    this.packets = Array.from({ length: miners }, (_, miner) => this.#upload(miner));
  }

  layout(kind: VectorKind): VectorLayout {
    return { dtype: this.dtype, numElements: ELEMENTS[kind], numSections: SECTIONS };
  }

  /** As miner 0 merges. */
  merge(number: number, options: Partial<ChunkMergeOptions> = {}): Promise<MergedChunk> {
    return new ChunkMerge(this.packets, [0, 1, 2], {
      layouts: perVector((kind) => this.layout(kind)),
      own: perVector((kind) => ({
        key: keyOf(kind, OURS),
        bytes: vectorOf(0, kind, this.dtype),
      })),
      fetchBytes: this.store.fetch,
      log: { debug: () => {}, info: () => {}, error: () => {}, warn: (m) => this.warnings.push(m) },
      isFatal: () => false,
      ...options,
    }).merge(number);
  }

  values(bytes: Uint8Array): number[] {
    return [...decodeElements(bytes, this.dtype)];
  }

  #upload(miner: number): SubmittedWeights {
    const hotkey = `hotkey${miner}`;
    for (const kind of ["weights", "optimizer_state"] as const) {
      this.store.objects.set(keyOf(kind, hotkey), vectorOf(miner, kind, this.dtype));
      const metadata = writeVectorMetadata(vectorMetadata(this.layout(kind)));
      this.store.objects.set(`metadata/${keyOf(kind, hotkey)}`, metadata);
    }
    return {
      weights_path: urlOf(keyOf("weights", hotkey)),
      weight_metadata_path: urlOf(`metadata/${keyOf("weights", hotkey)}`),
      optimizer_state_path: urlOf(keyOf("optimizer_state", hotkey)),
      optimizer_state_metadata_path: urlOf(`metadata/${keyOf("optimizer_state", hotkey)}`),
      hotkey,
      weighting_factor: 11,
    };
  }
}

function keyOf(kind: VectorKind, hotkey: string): string {
  return `${kind}/${hotkey}/${SECTIONS}/0/${hotkey}.pt`;
}

function urlOf(key: string): string {
  return `http://store/bucket/${key}?signature=a%2Fb`;
}

async function failure(running: Promise<unknown>): Promise<unknown> {
  return await running.then(() => "no error", (error: unknown) => error);
}

for (const dtype of ["bfloat16", "float32"] as const) {
  test(`a chunk of ${dtype} is the mean of that section of all uploads`, async () => {
    const swarm = new Swarm(3, dtype);
    const { bytes, sections, hotkeys } = await swarm.merge(1);
    assert.deepEqual(swarm.values(bytes.weights), [3, 4, 5].map((i) => 1 + i / 16));
    assert.deepEqual(
      swarm.values(bytes.optimizer_state),
      [6, 7, 8, 9, 10, 11].map((i) => 1 + i / 16),
    );
    assert.deepEqual([sections.weights.start_idx, sections.weights.end_idx], [3, 6]);
    assert.deepEqual(hotkeys, ["hotkey0", "hotkey1", "hotkey2"]);
  });
}

test("the last chunk takes the rest", async () => {
  const swarm = new Swarm(1);
  const { bytes } = await swarm.merge(2);
  assert.deepEqual(swarm.values(bytes.weights), [6, 7, 8, 9].map((i) => i / 16));
});

test("uploads count as often as their weights say", async () => {
  const swarm = new Swarm(2);
  swarm.packets = [
    { ...swarm.packets[0], weighting_factor: 1 },
    { ...swarm.packets[1], weighting_factor: 3 },
  ];
  const { bytes } = await swarm.merge(0);
  assert.deepEqual(swarm.values(bytes.weights), [0, 1, 2].map((i) => 0.75 + i / 16));
});

test("what is ours is not downloaded", async () => {
  const swarm = new Swarm(1);
  await swarm.merge(0);
  assert.deepEqual(swarm.store.asked, []);
});

test("of others the section is asked for, and metadata once for all chunks", async () => {
  const swarm = new Swarm(2);
  const merge = new ChunkMerge(swarm.packets, [0, 1], {
    layouts: perVector((kind) => swarm.layout(kind)),
    own: perVector((kind) => ({ key: keyOf(kind, OURS), bytes: vectorOf(0, kind, "bfloat16") })),
    fetchBytes: swarm.store.fetch,
    log: { debug: () => {}, info: () => {}, error: () => {}, warn: () => {} },
    isFatal: () => false,
  });
  await merge.merge(0);
  await merge.merge(1);
  assert.sameMembers(swarm.store.asked, [
    `metadata/${keyOf("weights", "hotkey1")}`,
    `metadata/${keyOf("optimizer_state", "hotkey1")}`,
    `${keyOf("weights", "hotkey1")} 0-6`,
    `${keyOf("optimizer_state", "hotkey1")} 0-12`,
    `${keyOf("weights", "hotkey1")} 6-12`,
    `${keyOf("optimizer_state", "hotkey1")} 12-24`,
  ]);
});

test("an upload of our hotkey under another key is downloaded: it may be an older one", async () => {
  const swarm = new Swarm(1);
  const own = perVector((kind) => ({ key: `${kind}/other.pt`, bytes: new Uint8Array() }));
  const { bytes } = await swarm.merge(0, { own });
  assert.deepEqual(swarm.values(bytes.weights), [0, 1, 2].map((i) => i / 16));
  assert.isNotEmpty(swarm.store.asked);
});

const faults: [what: string, spoil: (swarm: Swarm) => void, reason: RegExp][] = [
  [
    "that is not there",
    ({ store }) => store.objects.delete(keyOf("weights", "hotkey1")),
    /there is no/,
  ],
  [
    "whose optimizer state is not there",
    ({ store }) => store.objects.delete(keyOf("optimizer_state", "hotkey1")),
    /there is no/,
  ],
  [
    "without metadata",
    ({ store }) => store.objects.delete(`metadata/${keyOf("weights", "hotkey1")}`),
    /there is no metadata/,
  ],
  [
    "with broken metadata",
    ({ store }) => store.objects.set(`metadata/${keyOf("weights", "hotkey1")}`, new Uint8Array(3)),
    /metadata are broken/,
  ],
  [
    "whose metadata disagree with ours",
    ({ store, dtype }) => {
      const other = { dtype, numElements: 11, numSections: SECTIONS };
      const metadata = writeVectorMetadata(vectorMetadata(other));
      store.objects.set(`metadata/${keyOf("weights", "hotkey1")}`, metadata);
    },
    /has 11 elements/,
  ],
  [
    "with NaN",
    ({ store }) => {
      const bytes = encodeElements(new Float32Array(10).fill(NaN), "bfloat16");
      store.objects.set(keyOf("weights", "hotkey1"), bytes);
    },
    /holds NaN or infinity in its weights/,
  ],
  [
    "with infinity in its moments",
    ({ store }) => {
      const bytes = encodeElements(new Float32Array(20).fill(Infinity), "bfloat16");
      store.objects.set(keyOf("optimizer_state", "hotkey1"), bytes);
    },
    /in its optimizer state/,
  ],
  [
    "cut into another number of sections",
    (swarm) => {
      const weights_path = swarm.packets[1].weights_path.replace("/3/0/", "/6/0/");
      swarm.packets[1] = { ...swarm.packets[1], weights_path };
    },
    /cut into 6 sections, not 3/,
  ],
  [
    "with a path of another form",
    (swarm) => {
      swarm.packets[1] = { ...swarm.packets[1], weights_path: "http://store/w.pt" };
    },
    /cut into an unknown number of sections/,
  ],
  [
    "without a weight",
    (swarm) => {
      swarm.packets[1] = { ...swarm.packets[1], weighting_factor: null };
    },
    /its weight is null/,
  ],
  [
    "with a weight of 0",
    (swarm) => {
      swarm.packets[1] = { ...swarm.packets[1], weighting_factor: 0 };
    },
    /its weight is 0/,
  ],
];
for (const [what, spoil, reason] of faults) {
  test(`an upload ${what} is left out whole, with one line that says why`, async () => {
    const swarm = new Swarm(3);
    spoil(swarm);
    const { bytes, hotkeys } = await swarm.merge(0);
    assert.deepEqual(hotkeys, ["hotkey0", "hotkey2"]);
    assert.deepEqual(swarm.values(bytes.weights), [0, 1, 2].map((i) => 1 + i / 16));
    assert.deepEqual(swarm.values(bytes.optimizer_state).slice(0, 2), [1, 1 + 1 / 16]);
    assert.equal(swarm.warnings.length, 1);
    assert.match(swarm.warnings[0], reason);
    assert.include(swarm.warnings[0], "hotkey1");
  });
}

test("without any usable upload a chunk cannot be merged", async () => {
  const swarm = new Swarm(2);
  swarm.packets = [{ ...swarm.packets[1], weighting_factor: null }];
  assert.match(String(await failure(swarm.merge(2))), /nobody's chunk 2 can be merged/);
});

test("a fatal failure ends the merge instead of leaving an upload out", async () => {
  const swarm = new Swarm(2);
  swarm.store.objects.clear();
  assert.match(String(await failure(swarm.merge(0, { isFatal: () => true }))), /there is no/);
});

test("a failure that is nobody's fault but the program's ends the merge", async () => {
  const swarm = new Swarm(2);
  const fetchBytes: FetchBytes = () => Promise.reject(new TypeError("a mistake"));
  assert.instanceOf(await failure(swarm.merge(0, { fetchBytes })), TypeError);
});

test("a mean that overflows is not passed on", async () => {
  const swarm = new Swarm(2, "float32");
  const huge = encodeElements(new Float32Array(10).fill(3e38), "float32");
  swarm.store.objects.set(keyOf("weights", "hotkey1"), huge);
  assert.match(String(await failure(swarm.merge(0))), /the mean of chunk 0 holds NaN or infinity/);
});
