/**
 * `deno task mine --subnet compute` beside a chain: over real HTTP, with a real search.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { AxonAddress } from "../../../core/chain/chain.ts";
import { newChallenge } from "../../../core/compute/challenge/challenge_generation.ts";
import { Dendrite, isSuccess } from "../../../core/compute/dendrite.ts";
import { readSynapse } from "../../../core/compute/synapse/synapse.ts";
import { SPECS } from "../../../core/compute/synapse/synapses.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { processClock, processRandomBytes, processWallClock } from "../../../headless/deno_host.ts";
import { nodeHttp } from "../../../headless/node_http.ts";
import { KeptLog } from "../../harness/kept_log.ts";
import { FakeChain, neuron, TAO } from "../wallet/fake_chain.ts";
import { jsonLines } from "../wallet/fake_wallet_system.ts";
import { BOB } from "../wallet/test_wallet.ts";
import { withLoopbackSwarm } from "./loopback_swarm.ts";

const VALIDATOR = "//Validator";
const FLAGS = ["--subnet", "compute", "--subtensor.network", "test"];

/** A chain with these neurons, and the axons that were served. */
function chainWith(
  ...differences: Parameters<typeof neuron>[1][]
): FakeChain & { readonly served: AxonAddress[] } {
  const neurons = differences.map((each, uid) => neuron(uid, each));
  const served: AxonAddress[] = [];
  const chain = new FakeChain({
    metagraphs: [{ netuid: 27, name: "", block: 1, neurons }],
    instead: {
      serveAxon: (_hotkey, _netuid, axon) => {
        served.push(axon);
        return Promise.resolve(undefined);
      },
    },
  });
  return Object.assign(chain, { served });
}

/** A port that nobody listens on. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function dendrite(uri: string): Dendrite & Disposable {
  const http = nodeHttp();
  const made = new Dendrite({
    ...{ signer: Keypair.fromUri(uri), http, log: new KeptLog() },
    ...{ clock: processClock, wallClock: processWallClock, randomBytes: processRandomBytes },
  });
  return Object.assign(made, { [Symbol.dispose]: () => http.close() });
}

test("a registered miner serves its axon, answers a validator's challenge, and refuses a stranger", async () => {
  const stake = { totalStakeRao: 2000n * TAO };
  await readyKeys();
  const chain = chainWith({ hotkey: BOB }, {
    ...{ hotkey: Keypair.fromUri(VALIDATOR).address, ...stake },
  });
  await withLoopbackSwarm({ chain }, async (swarm) => {
    const port = freePort();
    const stop = new AbortController();
    const serving = Promise.withResolvers<void>();
    const running = swarm.mine([
      ...FLAGS,
      ...["--axon.ip", "127.0.0.1", "--axon.port", `${port}`],
      ...["--axon.external_ip", "203.0.113.9", "--json"],
    ], {
      signal: stop.signal,
      onLine: (line) => line.includes('"serving"') && serving.resolve(),
    });
    const early = await Promise.race([serving.promise, running]);
    assert.isUndefined(early, `it has ended: ${early?.error}`);
    const target = { ip: "127.0.0.1", port, hotkey: BOB };
    const { synapse, password } = newChallenge(3, processRandomBytes);
    using validator = dendrite(VALIDATOR);
    const answer = await validator.call(target, synapse, { timeoutS: 30 });
    using stranger = dendrite("//Stranger");
    const refused = await stranger.call(target, readSynapse(SPECS, {}));
    stop.abort();
    const { code, out } = await running;
    assert.isTrue(isSuccess(answer), answer.dendrite.statusMessage ?? "");
    assert.equal(answer.fields.output.password, password);
    assert.equal(refused.dendrite.statusCode, 403);
    assert.deepEqual(chain.served, [
      { version: 183, ip: "203.0.113.9", port, ipType: 4, protocol: 4 },
    ]);
    assert.equal(code, 0);
    const [first, second] = jsonLines(out);
    assert.deepInclude(first, { kind: "serving", ip: "203.0.113.9", port, uid: 0, netuid: 27 });
    assert.deepInclude(second, { kind: "challenge", outcome: "cracked", difficulty: 3 });
  });
});

test("a hotkey that is not registered ends it, and what to do is said", async () => {
  await withLoopbackSwarm({ chain: chainWith() }, async (swarm) => {
    const { code, error } = await swarm.mine([...FLAGS, "--axon.external_ip", "203.0.113.9"]);
    assert.equal(code, 1);
    assert.match(error, /^error: hotkey \w+ is not registered on subnet 27: .* wallet register/);
  });
});

test("without an address that others reach it is wrong use", async () => {
  await withLoopbackSwarm({ chain: chainWith({ hotkey: BOB }) }, async (swarm) => {
    const { code, error } = await swarm.mine(FLAGS);
    assert.equal(code, 2);
    assert.match(error, /--axon\.external_ip/);
  });
});

test("options that mean nothing here are taken, and each says why in a line", async () => {
  await withLoopbackSwarm({ chain: chainWith() }, async (swarm) => {
    const { error } = await swarm.mine([
      ...FLAGS,
      ...["--auto_update", "--miner.hashcat.path", "/usr/bin/hashcat"],
      ...["--miner.hashcat.workload.profile", "3", "--ssh.port", "4444"],
    ]);
    const ignored = error.split("\n").filter((line) => line.includes("is ignored"));
    assert.lengthOf(ignored, 3);
    assert.match(ignored[0], /^--auto_update is ignored: /);
  });
});

for (const hotkeys of ["5Grw", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY,x"]) {
  test(`a blacklist of "${hotkeys}" is wrong use`, async () => {
    await withLoopbackSwarm({ chain: chainWith() }, async (swarm) => {
      const { code, error } = await swarm.mine([...FLAGS, "--blacklist.hotkeys", hotkeys]);
      assert.equal(code, 2);
      assert.match(error, /blacklist\.hotkeys.*ss58 addresses with commas/);
    });
  });
}
