import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import type { Neuron } from "../../../core/chain/metagraph.ts";
import { WeftError } from "../../../core/errors.ts";
import { isValidator, Membership } from "../../../core/iota/orchestrator/membership.ts";
import { type TestContext, testContext } from "./context.ts";
import { refusal } from "./training_swarm.ts";

const TAO = 1_000_000_000n;

/** A subnet whose neurons a test may change, and that may be down. */
class TestSubnet {
  readonly neurons: Pick<Neuron, "uid" | "hotkey" | "validatorPermit" | "totalStakeRao">[] = [];
  isDown = false;
  reads = 0;
  readonly chain: Chain;

  constructor(readonly network: string) {
    const answers = {
      identity: () => this.#answer({ network }),
      metagraph: (netuid: number) => {
        this.reads += 1;
        assert.equal(netuid, 9);
        return this.#answer({ netuid, neurons: [...this.neurons] });
      },
    };
    // Nothing else of a chain is asked for here.
    this.chain = answers as unknown as Chain;
  }

  add(hotkey: string, stakeTao = 0, validatorPermit = false): void {
    const totalStakeRao = BigInt(stakeTao) * TAO;
    this.neurons.push({ uid: this.neurons.length, hotkey, validatorPermit, totalStakeRao });
  }

  #answer<Value>(value: Value): Promise<Value> {
    return this.isDown ? Promise.reject(new WeftError("no chain")) : Promise.resolve(value);
  }
}

async function subnet(network = "finney"): Promise<
  { chain: TestSubnet; members: Membership; context: TestContext }
> {
  const chain = new TestSubnet(network);
  chain.add("miner");
  chain.add("validator", 50_000, true);
  const context = await testContext({ settings: { membersOnly: true }, chain: chain.chain });
  return { chain, members: new Membership(context), context };
}

test("a member may ask as a miner, and has its uid", async () => {
  const { members } = await subnet();
  await members.check("miner", "miner");
  assert.equal(await members.minerUid("miner"), 0);
});

test("a validator may ask as a miner does, but not mine", async () => {
  const { members } = await subnet();
  await members.check("validator", "miner");
  await members.check("validator", "validator");
  const { status, message } = await refusal(members.minerUid("validator"));
  assert.deepEqual([status, message], [403, "Hotkey validator is not a miner"]);
});

test("a miner may not ask as a validator", async () => {
  const { members } = await subnet();
  const { status, message } = await refusal(members.check("miner", "validator"));
  assert.deepEqual([status, message], [403, "Hotkey miner is not a validator"]);
});

test("a stranger may ask nothing but what is public", async () => {
  const { members } = await subnet();
  await members.check("stranger", "public");
  for (const access of ["miner", "validator"] as const) {
    const { status, message } = await refusal(members.check("stranger", access));
    assert.deepEqual([status, message], [403, "Hotkey stranger not registered on subnet"]);
  }
});

test("only the orchestrator's own key may ask as the orchestrator", async () => {
  const { members, context } = await subnet();
  await members.check(context.signer.address, "orchestrator");
  assert.equal((await refusal(members.check("validator", "orchestrator"))).status, 403);
});

test("on the main network a validator has a permit and 50,000 TAO", () => {
  const stakes = (tao: bigint, permit: boolean): boolean =>
    isValidator({ totalStakeRao: tao * TAO, validatorPermit: permit }, true);
  assert.deepEqual(
    [stakes(50_000n, true), stakes(49_999n, true), stakes(50_000n, false)],
    [true, false, false],
  );
});

test("elsewhere a validator has 10 TAO, with or without a permit", () => {
  const stakes = (tao: bigint): boolean =>
    isValidator({ totalStakeRao: tao * TAO, validatorPermit: false }, false);
  assert.deepEqual([stakes(10n), stakes(9n)], [true, false]);
});

test("the members are read once for many requests, and again after some minutes", async () => {
  const { chain, members, context } = await subnet();
  await Promise.all(Array.from({ length: 20 }, () => members.check("miner", "miner")));
  assert.equal(chain.reads, 1);
  await context.time.pass(299_999);
  await members.check("miner", "miner");
  assert.equal(chain.reads, 1);
  await context.time.pass(1);
  await members.check("miner", "miner");
  assert.equal(chain.reads, 2);
});

test("one that has registered since is found within half a minute", async () => {
  const { chain, members, context } = await subnet();
  await members.check("miner", "miner");
  chain.add("newcomer");
  await context.time.pass(30_000);
  await members.check("newcomer", "miner");
});

test("strangers cannot make the chain be asked all the time", async () => {
  const { chain, members, context } = await subnet();
  for (let i = 0; i < 60; i++) {
    await refusal(members.check(`stranger${i}`, "miner"));
    await context.time.pass(1000);
  }
  assert.isAtMost(chain.reads, 3);
});

test("while the chain is down those who were known are, and one line says why", async () => {
  const { chain, members, context } = await subnet();
  await members.check("miner", "miner");
  chain.isDown = true;
  await context.time.pass(400_000);
  for (let i = 0; i < 5; i++) await members.check("miner", "miner");
  assert.deepEqual(context.lines, ["warn: the subnet's members cannot be read: no chain"]);
});

test("before the chain was ever heard nobody is let in, and they may try again", async () => {
  const { chain, members } = await subnet();
  chain.isDown = true;
  assert.equal((await refusal(members.check("miner", "miner"))).status, 503);
  chain.isDown = false;
  await members.check("miner", "miner");
});

test("a swarm that is open to all asks no chain", async () => {
  const chain = new TestSubnet("finney");
  const context = await testContext({ settings: { membersOnly: false }, chain: chain.chain });
  const members = new Membership(context);
  await members.check("anybody", "validator");
  assert.isNull(await members.minerUid("anybody"));
  assert.equal(chain.reads, 0);
});
