/**
 * One whole story over real HTTP, with a real process: the sandbox is rented, runs jobs, is given
 * back, and refuses.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { AllocationDesk } from "../../../core/compute/allocation/allocation_desk.ts";
import { SANDBOX_RENTAL, SandboxRental } from "../../../core/compute/allocation/sandbox_rental.ts";
import { type AxonTarget, Dendrite } from "../../../core/compute/dendrite.ts";
import type { Sandbox } from "../../../core/compute/sandbox/sandbox.ts";
import { runSandboxJob } from "../../../core/compute/sandbox/sandbox_client.ts";
import { sandboxRoute } from "../../../core/compute/sandbox/sandbox_route.ts";
import { createSynapse, type FieldsOf } from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE } from "../../../core/compute/synapse/synapses.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { AxonSetup } from "../../compute/axon/axon_setup.ts";
import { ALICE_KEY, callOf } from "../../compute/allocation/allocation_setup.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";
import { withServer } from "../http_setup.ts";
import { endlessJob, firstByte, honestJob, textJob, withSandbox } from "./sandbox_process.ts";

/** A renter's side of the connection. */
interface Renter {
  readonly dendrite: Dendrite;
  readonly target: AxonTarget;
  allocate(fields: Parameters<typeof callOf>[0]["fields"]): Promise<FieldsOf<typeof ALLOCATE>>;
}

/** A miner that lends nothing but its sandbox, and renters who reach it. */
async function withMiner(
  sandbox: Sandbox,
  work: (alice: Renter, bob: Renter) => Promise<void>,
): Promise<void> {
  const setup = new AxonSetup();
  const { time, log, storage } = setup;
  const axon = await setup.axon();
  const rental = new SandboxRental({ sandbox, axonPort: 8091 });
  const desk = await AllocationDesk.open({
    ...{ clock: time, wallClock: time, log, storage, crypto: crypto.subtle, rentals: [rental] },
    ...{ choose: (wanted) => wanted.sandbox ? rental : undefined, port: 4444, version: 183 },
  });
  axon.attach(desk.route({}));
  const mayUse = (hotkey: string): boolean => desk.mayUse(SANDBOX_RENTAL, hotkey);
  axon.attach(sandboxRoute({ sandbox, log, mayUse }));
  const http = nodeHttp();
  await withServer(axon.handler, async ({ port }) => {
    const target = { ip: "127.0.0.1", port, hotkey: BOB.address };
    const renter = (signer: typeof ALICE, seed: number): Renter => {
      const dendrite = new Dendrite({
        ...{ signer, http, clock: time, wallClock: time, log },
        randomBytes: (length) => new Uint8Array(length).fill(seed),
      });
      return {
        ...{ dendrite, target },
        allocate: async (fields = {}) => {
          const asked = createSynapse(ALLOCATE, callOf({ fields }).synapse.fields);
          return (await dendrite.call(target, asked)).fields;
        },
      };
    };
    await work(renter(ALICE, 1), renter(BOB, 2));
  }).finally(() => http.close());
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return `${await failureOf(work)}`;
}

test("a sandbox is rented, runs jobs, is given back and refuses", async () => {
  await withSandbox({}, async (sandbox) => {
    await withMiner(sandbox, async (alice, bob) => {
      const run = (job = honestJob(5), { dendrite, target } = alice): Promise<number | undefined> =>
        firstByte(runSandboxJob(dendrite, target, job));
      assert.match(await refusal(run()), /holds no reservation of its sandbox, rent it first/);
      const { output } = await alice.allocate({ device_requirement: { sandbox: true } });
      assert.equal((await ALICE_KEY.open(output.info)).username, "sandbox");
      assert.equal(await run(), 5);
      assert.match(await refusal(run(honestJob(6), bob)), /holds no reservation/);
      assert.match(await refusal(run(textJob("fn main( {"))), /shader: line 1:/);
      assert.match(await refusal(run(endlessJob())), /took more than 100 milliseconds/);
      assert.equal(await run(honestJob(7)), 7);
      assert.isTrue((await alice.allocate({ timeline: 0 })).output.status);
      assert.match(await refusal(run()), /holds no reservation/);
    });
  });
});

test("a running shader ends when its reservation is given back", async () => {
  const running = Promise.withResolvers<void>();
  const slice = <Result>(work: () => Promise<Result>): Promise<Result> => {
    running.resolve();
    return work();
  };
  await withSandbox({ slice }, async (sandbox) => {
    await withMiner(sandbox, async (alice) => {
      await alice.allocate({ device_requirement: { sandbox: true } });
      const job = runSandboxJob(alice.dendrite, alice.target, endlessJob(10_000));
      const message = refusal(job);
      await running.promise;
      await alice.allocate({ timeline: 0 });
      assert.match(await message, /the reservation is over/);
    });
  });
});
