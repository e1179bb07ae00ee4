import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import type { ByteStream, ServedRequest } from "../../../core/host.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { MultipartUpload } from "../../../core/iota/api/schemas.ts";
import { storageRoutes } from "../../../core/iota/orchestrator/storage_routes.ts";
import { refusal, TrainingSwarm } from "./training_swarm.ts";

const MIB = 1024 ** 2;
const WEIGHTS = "weights/head/6/0/file.pt";

/** The routes, asked as a miner. */
async function routes(hotkey = "head"): Promise<
  & { swarm: TrainingSwarm }
  & {
    readonly [Name in "presignedUrl" | "initiateUpload" | "completeUpload" | "abortUpload"]: (
      body: v.InferInput<(typeof ROUTES)[Name]["body"]>,
    ) => Promise<v.InferOutput<(typeof ROUTES)[Name]["answer"]>>;
  }
> {
  const swarm = await TrainingSwarm.make();
  const { context, registry, activations } = swarm;
  const handlers = storageRoutes({ context, registry, activations });
  const request: ServedRequest = {
    ...{ method: "POST", target: "/", headers: new Headers(), remoteAddress: "127.0.0.1" },
    body: (async function* (): ByteStream {})(),
    signal: new AbortController().signal,
  };
  const rest = { hotkey, waitMs: 0, request };
  const read = <S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> =>
    v.parse(schema, body);
  return {
    swarm,
    presignedUrl: (body) =>
      handlers.presignedUrl({ ...rest, body: read(ROUTES.presignedUrl.body, body) }),
    initiateUpload: (body) =>
      handlers.initiateUpload({ ...rest, body: read(ROUTES.initiateUpload.body, body) }),
    completeUpload: (body) =>
      handlers.completeUpload({ ...rest, body: read(ROUTES.completeUpload.body, body) }),
    abortUpload: (body) =>
      handlers.abortUpload({ ...rest, body: read(ROUTES.abortUpload.body, body) }),
  };
}

function textOf(presigned: unknown): string {
  return v.parse(v.string(), presigned);
}

test("an address is good for one object of the key that was asked for", async () => {
  const { swarm, presignedUrl } = await routes();
  const { data } = await presignedUrl({ path: "metadata/weights/head/6/0/m.json" });
  swarm.context.store.upload(textOf(data.presigned_data), new Uint8Array([1]));
  assert.deepEqual([...swarm.context.store.objects.keys()], ["metadata/weights/head/6/0/m.json"]);
});

test("an address is good for as long as was asked for, within an hour", async () => {
  const { swarm, presignedUrl } = await routes();
  const short = await presignedUrl({ path: WEIGHTS, expires_in: 100 });
  const long = await presignedUrl({ path: WEIGHTS, expires_in: 1e9 });
  const isGood = ({ data }: typeof short): boolean => {
    try {
      swarm.context.store.upload(textOf(data.presigned_data), new Uint8Array([1]));
      return true;
    } catch {
      return false;
    }
  };
  await swarm.context.time.pass(100_000);
  assert.deepEqual([isGood(short), isGood(long)], [false, true]);
  await swarm.context.time.pass(3_500_000);
  assert.isFalse(isGood(long));
});

const FOREIGN = [
  "weights/body/6/0/file.pt",
  "weights/head",
  "weights/head/",
  "weights//head/file.pt",
  "weights/../weights/head/file.pt",
  "weights/body/../head/file.pt",
  "/weights/head/6/0/file.pt",
  "metadata/head/6/0/file.json",
  "merged/head/file.pt",
  "head/file.pt",
  "activations/u/1/forward/a.pt",
  "activations/u/0/forward/a",
  "activations/u/0/sideways/a.pt",
  "s3://iota/weights/head/6/0/file.pt",
  "https://store.test/iota/weights/head/6/0/file.pt",
  "",
];

for (const path of FOREIGN) {
  test(`there is no address for "${path}", in whatever way one asks`, async () => {
    const { presignedUrl, initiateUpload, completeUpload, abortUpload } = await routes();
    const asked = [
      presignedUrl({ path }),
      initiateUpload({ path, file_size: 500 }),
      // What does not name a layer of its own may be completed or given up only if it was begun.
      ...path.startsWith("activations/u/1") ? [] : [
        completeUpload({ path, upload_id: "x", parts: [{ PartNumber: 1, ETag: "x" }] }),
        abortUpload({ path, upload_id: "x" }),
      ],
    ];
    for (const promise of asked) assert.equal((await refusal(promise)).status, 403);
  });
}

test("one that is not registered gets no address", async () => {
  const { presignedUrl } = await routes("stranger");
  assert.equal((await refusal(presignedUrl({ path: "weights/stranger/1/0/a.pt" }))).status, 404);
});

test("a file up to the size of a part goes in one piece of just its size", async () => {
  const { swarm, initiateUpload } = await routes();
  const { data } = await initiateUpload({ path: WEIGHTS, file_size: 5 * MIB, part_size: 1 });
  assert.isFalse(data.use_multipart);
  if (data.use_multipart) return;
  const { store } = swarm.context;
  const address = textOf(data.presigned_data);
  assert.throws(() => store.upload(address, new Uint8Array(5 * MIB - 1)));
  assert.throws(() => store.upload(address, new Uint8Array(5 * MIB + 1)));
  store.upload(address, new Uint8Array(5 * MIB));
});

test("a larger file goes in parts, the last one shorter, and becomes one object", async () => {
  const { swarm, initiateUpload, completeUpload } = await routes();
  const { store } = swarm.context;
  const size = 11 * MIB + 7;
  const { data } = await initiateUpload({ path: WEIGHTS, file_size: size, part_size: 5 * MIB });
  const { multipart_data, part_size, total_parts } = v.parse(MultipartUpload, data);
  assert.deepEqual([part_size, total_parts], [5 * MIB, 3]);
  assert.deepEqual(multipart_data.part_numbers, [1, 2, 3]);
  const sizes = [5 * MIB, 5 * MIB, MIB + 7];
  const parts = multipart_data.presigned_urls.map(({ url }, index) => ({
    PartNumber: index + 1,
    ETag: `"${store.upload(url, new Uint8Array(sizes[index]).fill(index))}"`,
  }));
  const answer = await completeUpload({
    ...{ path: WEIGHTS, upload_id: multipart_data.upload_id, parts: parts.toReversed() },
  });
  assert.deepEqual(answer.data, { s3_path: WEIGHTS });
  const whole = store.objects.get(WEIGHTS);
  assert.equal(whole?.length, size);
  assert.deepEqual([whole?.[0], whole?.[5 * MIB], whole?.[size - 1]], [0, 1, 2]);
});

test("a part's size that is asked for is held within 5 and 100 MiB", async () => {
  const { initiateUpload } = await routes();
  const parts = async (part_size: number): Promise<number> => {
    const { data } = await initiateUpload({ path: WEIGHTS, file_size: 1000 * MIB, part_size });
    return data.use_multipart ? data.total_parts : 1;
  };
  assert.deepEqual([await parts(1), await parts(2 ** 40)], [200, 10]);
});

for (const parts of [[], [2], [1, 3], [1, 1, 2], [0, 1]]) {
  test(`parts numbered [${parts}] make no object`, async () => {
    const { completeUpload } = await routes();
    const told = parts.map((PartNumber) => ({ PartNumber, ETag: "x" }));
    const asked = completeUpload({ path: WEIGHTS, upload_id: "x", parts: told });
    assert.equal((await refusal(asked)).status, 422);
  });
}

test("an upload that was given up cannot be completed", async () => {
  const { swarm, initiateUpload, abortUpload, completeUpload } = await routes();
  const { data } = await initiateUpload({ path: WEIGHTS, file_size: 6 * MIB, part_size: 1 });
  const { multipart_data: { upload_id, presigned_urls } } = v.parse(MultipartUpload, data);
  const ETag = swarm.context.store.upload(presigned_urls[0].url, new Uint8Array(5 * MIB));
  await abortUpload({ path: WEIGHTS, upload_id });
  const error = await completeUpload({
    ...{ path: WEIGHTS, upload_id, parts: [{ PartNumber: 1, ETag }] },
  }).then(() => undefined, (thrown: Error) => thrown);
  assert.match(error?.message ?? "", /there is no upload/);
});

const SIZES: readonly (readonly [string, number, boolean])[] = [
  ["activations/u/0/initial/a.pt", 99, false],
  ["activations/u/0/initial/a.pt", 100, true],
  ["activations/u/0/initial/a.pt", 1e9, true],
  ["activations/u/0/initial/a.pt", 1e9 + 1, false],
  [WEIGHTS, 0, false],
  [WEIGHTS, 16e9, true],
  [WEIGHTS, 16e9 + 1, false],
];

for (const [path, file_size, isTaken] of SIZES) {
  test(`${path.split("/")[0]} of ${file_size} bytes are ${isTaken ? "taken" : "refused"}`, async () => {
    const { initiateUpload } = await routes();
    const asked = initiateUpload({ path, file_size });
    if (isTaken) await asked;
    else assert.equal((await refusal(asked)).status, 413);
  });
}
