import { test } from "#test";
import { assert } from "chai";
import type { Direction } from "../../../core/iota/api/schemas.ts";
import { parseActivationKey } from "../../../core/iota/orchestrator/object_keys.ts";
import { BODY, HEAD, refusal, TAIL, TrainingSwarm } from "./training_swarm.ts";

/** Asks to upload a file with this key, and to put it there if that is allowed. */
async function upload(swarm: TrainingSwarm, hotkey: string, key: string): Promise<void> {
  const parsed = parseActivationKey(key);
  if (!parsed) throw new Error(`${key} is no key of an activation`);
  await swarm.activations.allowUpload(hotkey, parsed);
  swarm.context.store.objects.set(key, new Uint8Array(500));
}

async function statusOf(swarm: TrainingSwarm, hotkey: string, key: string): Promise<number> {
  return (await refusal(upload(swarm, hotkey, key))).status;
}

/** Keys of what is in the store. */
function keys(swarm: TrainingSwarm): string[] {
  return [...swarm.context.store.objects.keys()];
}

test("the first layer may upload tokens and forward of a batch that nobody has begun", async () => {
  const swarm = await TrainingSwarm.make();
  await upload(swarm, "head", "activations/u/0/initial/a.pt");
  await upload(swarm, "head", "activations/u/0/forward/b.pt");
});

test("other layers may upload nothing for a batch that nobody has begun", async () => {
  const swarm = await TrainingSwarm.make();
  assert.equal(await statusOf(swarm, "body", "activations/u/1/forward/a.pt"), 403);
});

test("a miner may upload what it has in hand, on its own layer only", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  assert.equal(await statusOf(swarm, "body", "activations/u/1/forward/a.pt"), 403);
  await swarm.take("body", "forward");
  await upload(swarm, "body", "activations/u/1/forward/a.pt");
  assert.equal(await statusOf(swarm, "body", "activations/u/0/forward/a.pt"), 403);
  assert.equal(await statusOf(swarm, "body", "activations/u/2/forward/a.pt"), 403);
  assert.equal(await statusOf(swarm, "tail", "activations/u/1/forward/a.pt"), 403);
});

test("the last layer may upload its gradient before it has reported its forward", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  await swarm.handIn("body", "forward", "u");
  await swarm.take("tail", "forward");
  await upload(swarm, "tail", "activations/u/2/backward/a.pt");
});

test("tokens may be uploaded on the first layer only", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  await swarm.take("body", "forward");
  assert.equal(await statusOf(swarm, "body", "activations/u/1/initial/a.pt"), 403);
});

test("a file that was reported cannot be replaced", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  const record = await swarm.record("u");
  for (const key of [record?.initialKey, record?.path[HEAD].forwardKey]) {
    assert.equal(await statusOf(swarm, "head", key ?? ""), 403);
  }
});

test("a stranger may upload nothing", async () => {
  const swarm = await TrainingSwarm.make();
  assert.equal(await statusOf(swarm, "stranger", "activations/u/0/initial/a.pt"), 404);
});

test("a validator finds each file by the layer that it is for", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.run("u");
  const record = await swarm.record("u");
  const find = async (direction: Direction, layer: number | null): Promise<string | undefined> =>
    (await swarm.activations.download({ uid: "u", direction, layer }))?.split(/iota\/|\?/)[1];
  const { path = [], initialKey } = record ?? {};
  assert.equal(await find("initial", TAIL), initialKey);
  assert.equal(await find("forward", BODY), path[HEAD].forwardKey);
  assert.equal(await find("forward", TAIL), path[BODY].forwardKey);
  assert.equal(await find("backward", BODY), path[TAIL].backwardKey);
  assert.equal(await find("backward", HEAD), path[BODY].backwardKey);
  assert.equal(await find("backward", -1), path[HEAD].backwardKey);
  assert.equal(await find("forward", null), path[BODY].forwardKey);
  assert.equal(await find("backward", null), path[HEAD].backwardKey);
  assert.isUndefined(await find("forward", HEAD));
  assert.isUndefined(await find("backward", TAIL));
});

test("there is no file of an activation that is not known, or has not come so far", async () => {
  const swarm = await TrainingSwarm.make();
  await swarm.begin("u");
  for (const uid of ["u", "unknown", "no uid/"]) {
    const wanted = { uid, direction: "backward", layer: HEAD } as const;
    assert.isUndefined(await swarm.activations.download(wanted));
  }
});

test("files and records stay through the round after their own, and then go", async () => {
  const swarm = await TrainingSwarm.make();
  await upload(swarm, "head", "activations/u/0/initial/a.pt");
  await swarm.begin("u");
  await swarm.merge();
  await swarm.activations.dropRound();
  assert.isDefined(await swarm.record("u"));
  assert.include(keys(swarm), "activations/u/0/initial/a.pt");
  await swarm.merge();
  await swarm.activations.dropRound();
  assert.isUndefined(await swarm.record("u"));
  assert.notInclude(keys(swarm), "activations/u/0/initial/a.pt");
});

test("what was uploaded and never reported goes too, and nothing of the present round", async () => {
  const swarm = await TrainingSwarm.make();
  await upload(swarm, "head", "activations/old/0/initial/a.pt");
  await swarm.merge();
  await upload(swarm, "head", "activations/last/0/initial/a.pt");
  await swarm.merge();
  await upload(swarm, "head", "activations/new/0/initial/a.pt");
  await swarm.activations.dropRound();
  assert.sameMembers(keys(swarm), [
    "activations/last/0/initial/a.pt",
    "activations/new/0/initial/a.pt",
  ]);
});

test("many files go in one call", async () => {
  const swarm = await TrainingSwarm.make();
  for (let i = 0; i < 300; i++) await upload(swarm, "head", `activations/u/0/initial/${i}.pt`);
  await swarm.merge();
  await swarm.merge();
  await swarm.activations.dropRound();
  assert.isEmpty(keys(swarm));
});

test("files that the store did not remove are removed at another time", async () => {
  const swarm = await TrainingSwarm.make();
  await upload(swarm, "head", "activations/u/0/initial/a.pt");
  await swarm.merge();
  await swarm.merge();
  swarm.context.store.failure = "the store is down";
  await swarm.activations.dropRound().then(() => assert.fail("it should have failed"), () => {});
  swarm.context.store.failure = undefined;
  await swarm.context.time.pass(60_000);
  await swarm.activations.dropRound();
  assert.isEmpty(keys(swarm));
});

test("two processes that sweep at once disturb each other in nothing", async () => {
  const swarm = await TrainingSwarm.make();
  for (let i = 0; i < 200; i++) await upload(swarm, "head", `activations/u/0/initial/${i}.pt`);
  await swarm.merge();
  await swarm.merge();
  const other = new TrainingSwarm(swarm.context);
  await Promise.all([swarm.activations.dropRound(), other.activations.dropRound()]);
  assert.isEmpty(keys(swarm));
});
