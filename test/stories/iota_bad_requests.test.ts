/**
 * Requests that an orchestrator must not take, over real HTTP: what is refused changes nothing, and
 * its reason is one line of the log.
 *
 * @module
 */

import { join } from "node:path";
import { test } from "#test";
import { assert } from "chai";
import { readBytes } from "../../core/formats/byte_stream.ts";
import { float32Tensor, type HostTensor, int64Tensor } from "../../core/formats/dtype.ts";
import { writeTorchTensor } from "../../core/formats/torch_pt.ts";
import { ApiClient, RefusedError } from "../../core/iota/api/client.ts";
import {
  type Route,
  ROUTES,
  SPEC_VERSION,
  SPEC_VERSION_HEADER,
} from "../../core/iota/api/routes.ts";
import { signRequest } from "../../core/iota/epistula.ts";
import { Uploader } from "../../core/iota/transfer/upload.ts";
import { LocalOrchestrator } from "../../core/node/local_orchestrator.ts";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { processClock, processRandomBytes, processWallClock } from "../../headless/deno_host.ts";
import { localPlace } from "../../headless/local_swarm.ts";
import { failureOf, KeptLog } from "../harness/kept_log.ts";
import { withTempFolder } from "../headless/temp_folder.ts";
import { BATCH, SEQ, STORY_SWARM } from "./iota/story_swarm.ts";

const UID = "00000000-0000-4000-8000-000000000001";
const MINUTE_MS = 60_000;
const { model } = STORY_SWARM;
const TOKENS = int64Tensor([BATCH, SEQ], new Int32Array(BATCH * SEQ));

function activation(): HostTensor {
  const width = model.K ?? model.C;
  return float32Tensor([BATCH, SEQ, width], new Float32Array(BATCH * SEQ * width));
}

/** An orchestrator, and clients with keys of their own. */
class Story {
  readonly #keys = new Map<number, Keypair>();

  constructor(readonly orchestrator: LocalOrchestrator, readonly log: KeptLog) {}

  key(number: number): Keypair {
    const key = this.#keys.get(number) ?? Keypair.fromSeed(new Uint8Array(32).fill(number));
    this.#keys.set(number, key);
    return key;
  }

  client(number: number): ApiClient {
    const { http, url: baseUrl } = this.orchestrator;
    const clocks = { clock: processClock, wallClock: processWallClock };
    const shared = { http, ...clocks, randomBytes: processRandomBytes, log: this.log };
    return new ApiClient({ baseUrl, signer: this.key(number), ...shared });
  }

  /** Uploads a tensor and reports it. */
  async handIn(
    client: ApiClient,
    status: "initial" | "forward",
    layer: number,
    tensor: HostTensor,
  ): Promise<void> {
    const { http } = this.orchestrator;
    const uploader = new Uploader({ client, http, clock: processClock, log: this.log });
    const name = `activations/${UID}/${layer}/${status}/${crypto.randomUUID()}.pt`;
    const path = await uploader.upload(name, new Uint8Array(writeTorchTensor(tensor)));
    const body = { status, activation_uid: UID, activation_path: path };
    await client.ask("updateStatus", { body });
  }

  /** Sends a request as it is. */
  async send(
    headers: Record<string, string>,
    sent = "{}",
    { method, path }: Pick<Route, "method" | "path"> = ROUTES.registerMiner,
  ): Promise<[number, string]> {
    const { http, url } = this.orchestrator;
    const body = new TextEncoder().encode(sent);
    const all = { ...headers, [SPEC_VERSION_HEADER]: `${SPEC_VERSION}` };
    const answer = await http({ method, url: url + path, headers: all, body });
    const text = new TextDecoder().decode(await readBytes(answer.body, 4096, path));
    return [answer.status, text];
  }

  sign(number: number, atMs = processWallClock.unixMs()): Promise<Record<string, string>> {
    const wallClock = { unixMs: () => atMs };
    return signRequest(this.key(number), {}, { wallClock, randomBytes: processRandomBytes });
  }

  async miners(): Promise<number> {
    return (await this.orchestrator.orchestrator.dashboards.overview()).totals.miners;
  }

  /** Lines of the log with these words. */
  told(words: string): string[] {
    return this.log.lines.filter((line) => line.includes(words));
  }
}

function story(name: string, body: (story: Story) => Promise<void>): void {
  test(name, () =>
    withTempFolder(async (dir) => {
      await readyKeys();
      const log = new KeptLog();
      const place = localPlace(join(dir, "store"), log);
      const orchestrator = await LocalOrchestrator.open(STORY_SWARM, place);
      try {
        await body(new Story(orchestrator, log));
      } finally {
        await orchestrator.close();
      }
    }));
}

story("a replayed request is refused", async (story) => {
  const headers = await story.sign(41);
  assert.equal((await story.send(headers))[0], 200);
  const [status, text] = await story.send(headers);
  assert.equal(status, 401);
  assert.include(text, "Request was sent before");
  assert.lengthOf(story.told("Request was sent before"), 1);
});

story("a body that does not match its signature is refused", async (story) => {
  await story.send(await story.sign(41));
  const said = '{"activation_uid":"u","loss_value":0.1}';
  const [status] = await story.send(await story.sign(41), said, ROUTES.reportLoss);
  assert.equal(status, 401);
  assert.lengthOf(story.told("Signature Mismatch"), 1);
});

story("a signature under somebody else's name is refused", async (story) => {
  const headers = await story.sign(41);
  const [status] = await story.send({ ...headers, "Epistula-Signed-By": story.key(42).address });
  assert.equal(status, 401);
  assert.equal(await story.miners(), 0);
});

for (const [skewMs, reason] of [[-MINUTE_MS, "too stale"], [MINUTE_MS, "the future"]] as const) {
  story(`a clock that is a minute ${skewMs < 0 ? "slow" : "fast"} is told so`, async (story) => {
    const [status, text] = await story.send(await story.sign(41, Date.now() + skewMs));
    assert.equal(status, 401);
    assert.include(text, reason);
    assert.equal(await story.miners(), 0);
  });
}

story("an activation that was never handed out is not taken", async (story) => {
  const [head, body] = [story.client(41), story.client(42)];
  await head.ask("registerMiner", { body: {} });
  await body.ask("registerMiner", { body: {} });
  const tensor = activation();
  assert.isDefined(await failureOf(story.handIn(body, "forward", 1, tensor)));
  const { is_active } = await body.ask("isActive", { query: { layer: 1, activation_uid: UID } });
  assert.isFalse(is_active);
});

for (
  const [what, values] of [
    ["NaN", new Float32Array(BATCH * SEQ * (model.K ?? model.C)).fill(NaN)],
    ["another shape", new Float32Array(BATCH * SEQ * ((model.K ?? model.C) + 4))],
  ] as const
) {
  story(
    `an activation with ${what} goes to nobody, and another may take its place`,
    async (story) => {
      const [head, body] = [story.client(41), story.client(42)];
      await head.ask("registerMiner", { body: {} });
      await body.ask("registerMiner", { body: {} });
      await head.ask("randomActivation", {});
      await story.handIn(head, "initial", 0, TOKENS);
      const width = values.length / (BATCH * SEQ);
      const tensor = float32Tensor([BATCH, SEQ, width], values);
      assert.isDefined(await failureOf(story.handIn(head, "forward", 0, tensor)));
      assert.isNull((await body.ask("randomActivation", {})).direction);
      assert.lengthOf(story.told("warn: refused forward"), 1);
    },
  );
}

story("of two who answer the same lease the first is taken", async (story) => {
  const clients = [41, 42, 43, 44, 45].map((number) => story.client(number));
  const layers: number[] = [];
  for (const client of clients) {
    layers.push((await client.ask("registerMiner", { body: {} })).layer ?? -1);
  }
  const [head] = clients.filter((_, index) => layers[index] === 0);
  const [one, other] = clients.filter((_, index) => layers[index] === 1);
  await head.ask("randomActivation", {});
  await story.handIn(head, "initial", 0, TOKENS);
  const tensor = activation();
  await story.handIn(head, "forward", 0, tensor);
  assert.equal((await one.ask("randomActivation", {})).activation_uid, UID);
  // Its lease runs out, and the work is handed out again.
  let taken: string | null = null;
  while (taken === null) {
    ({ activation_uid: taken } = await other.ask("randomActivation", {}, { waitMs: 1000 }));
  }
  await story.handIn(other, "forward", 1, tensor);
  assert.instanceOf(await failureOf(story.handIn(one, "forward", 1, tensor)), RefusedError);
});
