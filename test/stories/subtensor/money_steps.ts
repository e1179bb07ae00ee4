/**
 * Transfers and stake.
 *
 * @module
 */

import { assert } from "chai";
import { addStake, transfer } from "../../../core/chain/subtensor/extrinsics.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { NETUID, refusal, type Step, type World } from "./world.ts";

const TAO = 10n ** 9n;
/** What the subnet's pool holds, of TAO and of alpha. */
const POOL_RAO = 1_000_000_000_000_000;

function stakeOf({ chain, coldkey, hotkey }: World): Promise<bigint> {
  return chain.stakesOf(coldkey.address).then((positions) =>
    positions
      .filter((position) => position.netuid === NETUID && position.hotkey === hotkey.address)
      .reduce((sum, { stakeAlphaRao }) => sum + stakeAlphaRao, 0n)
  );
}

export const MONEY_STEPS: readonly Step[] = [
  ["a transfer moves just its amount, and costs just the fee it was said to", async (world) => {
    const { chain, coldkey } = world;
    const to = Keypair.fromUri("//Story//recipient").address;
    const before = await world.freeRao(coldkey.address);
    const feeRao = await chain.transferFeeRao(coldkey.address, to, TAO);
    const receipt = await chain.transfer(coldkey, to, TAO);
    assert.equal(receipt.feeRao, feeRao);
    assert.isAbove(Number(feeRao), 0);
    assert.equal(await world.freeRao(to), TAO);
    assert.equal(await world.freeRao(coldkey.address), before - TAO - feeRao);
  }],

  ["less than the existential deposit cannot open an account", async (world) => {
    const { chain, coldkey } = world;
    const to = Keypair.fromUri("//Story//nobody").address;
    const words = /^the recipient's account would hold less than 0.0000005 TAO/;
    const amountRao = await chain.existentialDepositRao() - 1n;
    assert.match(await refusal(chain.transfer(coldkey, to, amountRao)), words);
    const context = { call: "transfer", signer: coldkey.address, amountRao } as const;
    const unchecked = world.unchecked(coldkey, context, (api) => transfer(api, to, amountRao));
    assert.match(await refusal(unchecked), words);
    await chain.transfer(coldkey, to, amountRao + 1n);
    assert.equal(await world.freeRao(to), amountRao + 1n);
  }],

  ["a balance too small is told before anything is signed", async (world) => {
    const { chain, coldkey, sudo } = world;
    const poor = Keypair.fromUri("//Story//poor");
    await sudo.fund(poor.address, TAO);
    const before = (await chain.head()).number;
    assert.match(
      await refusal(chain.transfer(poor, coldkey.address, TAO)),
      /^1 TAO and a fee of 0.000\d+ TAO are more than the account has to spend: 0.9999995 TAO$/,
    );
    assert.equal((await chain.head()).number, before);
  }],

  ["a balance too small is told by the chain in the end", async (world) => {
    const { coldkey } = world;
    const poor = Keypair.fromUri("//Story//poor");
    const context = { call: "transfer", signer: poor.address, amountRao: 2n * TAO } as const;
    const build = (api: Parameters<typeof transfer>[0]): ReturnType<typeof transfer> =>
      transfer(api, coldkey.address, 2n * TAO);
    assert.match(
      await refusal(world.unchecked(poor, context, build)),
      /^2 TAO is more than the coldkey has to spend: 0.999\d+ TAO \[Token.FundsUnavailable\]$/,
    );
  }],

  ["an account that holds nothing cannot pay the fee", async (world) => {
    const broke = Keypair.fromUri("//Story//broke");
    const context = { call: "transfer", signer: broke.address, amountRao: TAO } as const;
    const build = (api: Parameters<typeof transfer>[0]): ReturnType<typeof transfer> =>
      transfer(api, world.coldkey.address, TAO);
    assert.match(
      await refusal(world.unchecked(broke, context, build)),
      /^the account 5\w+ cannot pay the call's fee, it holds 0 TAO \[1010: /,
    );
  }],

  ["stake leaves the balance and stands on the hotkey", async (world) => {
    const { chain, coldkey, hotkey, sudo } = world;
    // The spec's pool is empty, and would take the stake for nothing.
    await sudo.set({
      SubtensorModule: {
        SubnetTAO: [[[NETUID], POOL_RAO]],
        SubnetAlphaIn: [[[NETUID], POOL_RAO]],
      },
    });
    const before = await world.freeRao(coldkey.address);
    const stake = { netuid: NETUID, hotkey: hotkey.address, amountRao: 5n * TAO };
    const { feeRao = 0n } = await chain.addStake(coldkey, stake);
    assert.equal(await world.freeRao(coldkey.address), before - 5n * TAO - feeRao);
    assert.isTrue(await stakeOf(world) > 0n);
  }],

  ["more than the balance cannot be staked", async (world) => {
    const { chain, coldkey, hotkey } = world;
    const stake = { netuid: NETUID, hotkey: hotkey.address, amountRao: 1_000_000n * TAO };
    assert.match(await refusal(chain.addStake(coldkey, stake)), /^1000000 TAO and a fee of /);
    const context = { call: "addStake", signer: coldkey.address, ...stake } as const;
    const unchecked = world.unchecked(coldkey, context, (api) => addStake(api, stake, undefined));
    assert.match(
      await refusal(unchecked),
      /^1000000 TAO is more than the coldkey has to spend: .*NotEnoughBalanceToStake\]$/,
    );
  }],

  ["stake on a hotkey that the chain never met is refused", async ({ chain, coldkey }) => {
    const hotkey = Keypair.fromUri("//Story//never met").address;
    assert.match(
      await refusal(chain.addStake(coldkey, { netuid: NETUID, hotkey, amountRao: TAO })),
      /^the chain does not know the hotkey 5\w+: .*HotKeyAccountNotExists\]$/,
    );
  }],

  ["stake that is taken out is back in the balance", async (world) => {
    const { chain, coldkey, hotkey } = world;
    const [before, staked] = [await world.freeRao(coldkey.address), await stakeOf(world)];
    const change = { netuid: NETUID, hotkey: hotkey.address, amountRao: staked };
    assert.match(
      await refusal(chain.removeStake(coldkey, { ...change, amountRao: staked + 1n })),
      /^there is \d.* alpha of this coldkey on 5\w+ in subnet 1, not /,
    );
    await chain.removeStake(coldkey, change);
    // Each block brings new stake, and the pool's price has moved a little.
    assert.isTrue(await stakeOf(world) < staked / 10n);
    assert.isTrue(await world.freeRao(coldkey.address) > before + 4n * TAO);
  }],
];
