import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import { WeftError } from "../../../core/errors.ts";
import { balanceCheck } from "../../../headless/doctor/balance_check.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import { COLDKEY, SUBNET, TAO } from "./fake_chain.ts";
import { type FakeDoctor, lines, WALLET, withDoctor } from "./fake_doctor.ts";

const FEE = 120_000n;
const PRICE = TAO / 2n;

/** What is said of a coldkey with that to spend, in view of a registration on subnet 9. */
async function holding(transferableRao: bigint, netuids = "9"): Promise<Finding> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    findings = await check(doctor, ["--netuid", netuids]);
  }, {
    chain: {
      balance: () => Promise.resolve({ freeRao: transferableRao + 500n, transferableRao }),
    },
  });
  assert.lengthOf(findings, 1);
  return findings[0];
}

async function check(doctor: FakeDoctor, args: string[] = []): Promise<Finding[]> {
  return await doctor.clock.drive(doctor.check(balanceCheck, args));
}

test("balance is told where no registration is to be paid", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      "ok balance: 2 TAO to spend; no registration is to be paid",
    ]);
  });
});

test("balance is well when it pays price and fee, though one registers before", async () => {
  assert.deepEqual(lines([await holding(PRICE * 126n / 100n + FEE)]), [
    "ok balance: 0.63012 TAO to spend; registering on subnet 9 costs 0.5 TAO now, and a fee of " +
    "about 0.00012 TAO",
  ]);
});

test("balance warns when one registration before would make it too small", async () => {
  const just = await holding(PRICE + FEE);
  assert.equal(just.level, "warning");
  assert.include(just.advice, "raises the price");
  assert.equal((await holding(PRICE * 126n / 100n + FEE - 1n)).level, "warning");
});

test("balance fails from a rao too little, and says how much to send where", async () => {
  const finding = await holding(PRICE + FEE - 1n);
  assert.equal(finding.level, "fail");
  assert.equal(finding.advice, `Send at least 0.000000001 TAO more to ${COLDKEY}.`);
  assert.equal((await holding(0n)).advice, `Send at least 0.50012 TAO more to ${COLDKEY}.`);
});

test("balance adds up the registrations of several subnets", async () => {
  assert.deepEqual(lines([await holding(TAO, "9,27,33")]), [
    "fail balance: 1 TAO to spend; registering on subnets 9, 33 costs 1 TAO now, and a fee of " +
    "about 0.00024 TAO",
  ]);
});

test("balance only warns where work is taken instead", async () => {
  const task = {
    ...{ blockNumber: 1, blockHash: new Uint8Array(32), difficulty: 1n },
    endianness: "little" as const,
  };
  const poor = { balance: () => Promise.resolve({ freeRao: 0n, transferableRao: 0n }) };
  await withDoctor(async (doctor) => {
    const [finding] = await check(doctor, ["--netuid", "9,33"]);
    assert.equal(finding.level, "warning");
    assert.equal(finding.command, "deno task wallet register --pow --netuid 9");
  }, { chain: { ...poor, powTask: () => Promise.resolve(task) } });
  await withDoctor(async (doctor) => {
    assert.equal((await check(doctor, ["--netuid", "9,33"]))[0].level, "fail");
  }, { chain: { ...poor, powTask: (netuid) => Promise.resolve(netuid === 9 ? task : undefined) } });
});

test("balance tells of no fee where there is none, and counts none for the root", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor, ["--netuid", "0,9"])), [
      "ok balance: 2 TAO to spend; registering on subnet 9 costs 0.5 TAO now, and no fee",
    ]);
  }, { chain: { transferFeeRao: () => Promise.resolve(0n) } });
});

test("balance asks the price of a subnet, not of another", async () => {
  const asked: number[] = [];
  const subnet: Chain["subnet"] = (netuid) => {
    asked.push(netuid);
    return Promise.resolve({ ...SUBNET, netuid });
  };
  await withDoctor(async (doctor) => {
    await check(doctor, ["--netuid", "27,5"]);
    assert.deepEqual(asked, [5]);
  }, { chain: { subnet } });
});

test("balance is not checked where the wallet, the chain or the registrations are not known", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/coldkeypub.txt`);
    assert.deepEqual(lines(await check(doctor)), [
      "warning balance: not checked, because the coldkey's address is not known",
    ]);
  });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      "warning balance: not checked, because the chain could not be opened",
    ]);
  }, { openChain: () => Promise.reject(new WeftError("refused")) });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      "warning balance: not checked, because the hotkey's registrations are not known",
    ]);
  }, { chain: { uidOf: () => Promise.reject(new WeftError("dropped")) } });
});

test("balance tells what goes wrong in the midst", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), ["fail balance: the connection dropped"]);
  }, { chain: { balance: () => Promise.reject(new WeftError("the connection dropped")) } });
});
