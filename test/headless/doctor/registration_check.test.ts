import { test } from "#test";
import { assert } from "chai";
import type { Chain, SubnetParameters } from "../../../core/chain/chain.ts";
import type { Neuron } from "../../../core/chain/metagraph.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import { ownerCheck, registrationCheck } from "../../../headless/doctor/registration_check.ts";
import { AXON, METAGRAPH, NETUID, NEURON, STRANGER, SUBNET, UID } from "./fake_chain.ts";
import { type FakeDoctor, lines, WALLET, withDoctor } from "./fake_doctor.ts";

const MINE = ["--netuid", `${NETUID}`];

async function check(doctor: FakeDoctor, args: string[] = []): Promise<Finding[]> {
  return await doctor.clock.drive(doctor.check(registrationCheck, args));
}

/** What is said of a neuron and its subnet. */
async function place(
  neuron: Partial<Neuron>,
  subnet: Partial<SubnetParameters> = {},
  others: readonly Partial<Neuron>[] = [{ uid: 3, registeredAt: 10 }],
): Promise<Finding> {
  const neurons = [
    ...others.map((each) => ({ ...NEURON, hotkey: STRANGER, axon: undefined, ...each })),
    { ...NEURON, ...neuron },
  ];
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    findings = await check(doctor, MINE);
  }, {
    chain: {
      metagraph: () => Promise.resolve({ ...METAGRAPH, neurons }),
      subnet: () => Promise.resolve({ ...SUBNET, ...subnet }),
    },
  });
  assert.lengthOf(findings, 1);
  return findings[0];
}

test("owner is well when the hotkey belongs to the wallet's coldkey", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(ownerCheck)), [
      "ok owner: the hotkey belongs to this wallet's coldkey",
    ]);
  });
});

test("owner is well when the chain never met the hotkey", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(ownerCheck)), [
      "ok owner: the chain has not met this hotkey; registering it binds it to the coldkey",
    ]);
  }, { chain: { ownerOf: () => Promise.resolve(undefined) } });
});

test("owner fails when the hotkey belongs to another coldkey", async () => {
  await withDoctor(async (doctor) => {
    const [finding] = await doctor.check(ownerCheck);
    assert.deepEqual(lines([finding]), [
      `fail owner: on the chain the hotkey belongs to another coldkey, ${STRANGER}`,
    ]);
    assert.include(finding.advice, "new hotkey");
  }, { chain: { ownerOf: () => Promise.resolve(STRANGER) } });
});

test("owner is not checked where an address is not known, or the chain", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/coldkeypub.txt`);
    assert.deepEqual(lines(await doctor.check(ownerCheck)), [
      "warning owner: not checked, because the coldkey's address is not known",
    ]);
    doctor.remove(`${WALLET}/hotkeys`);
    assert.deepEqual(lines(await doctor.check(ownerCheck)), [
      "warning owner: not checked, because the hotkey's address is not known",
    ]);
  });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(ownerCheck)), [
      "warning owner: not checked, because the chain could not be opened",
    ]);
  }, { openChain: () => Promise.reject(new WeftError("refused")) });
});

test("registration finds the subnets of the hotkey by itself", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor)), [
      `ok subnet ${NETUID}: uid ${UID}, immune for 3096 blocks more (10 h 19 min), 1.5 alpha of ` +
      "emission in the last epoch, no stake",
    ]);
  });
});

test("registration warns where the hotkey is on no subnet, and says how to get there", async () => {
  await withDoctor(async (doctor) => {
    const [finding] = await check(doctor, ["--subtensor.network", "test"]);
    assert.deepEqual(lines([finding]), [
      "warning registration: the hotkey is registered on no subnet",
    ]);
    assert.equal(
      finding.command,
      "deno task wallet register --netuid 9 --subtensor.network test",
    );
  }, { chain: { uidOf: () => Promise.resolve(undefined) } });
});

test("registration fails for a subnet of the flags where the hotkey is not", async () => {
  await withDoctor(async (doctor) => {
    const [nine, own] = await check(doctor, ["--netuid", "9,27"]);
    assert.deepEqual(nine, {
      level: "fail",
      subject: "subnet 9",
      message: "the hotkey is not registered",
      advice: "Register it, for 0.5 TAO now:",
      command: "deno task wallet register --netuid 9",
    });
    assert.equal(own.level, "ok");
  });
});

test("registration advises no registration on the root", async () => {
  await withDoctor(async (doctor) => {
    const [finding] = await check(doctor, ["--netuid", "0"]);
    assert.deepEqual(lines([finding]), ["fail subnet 0: this is the root, where nobody mines"]);
    assert.isUndefined(finding.command);
  });
});

test("registration says so where registration is closed", async () => {
  await withDoctor(async (doctor) => {
    const [finding] = await check(doctor, ["--netuid", "9"]);
    assert.deepEqual(lines([finding]), [
      "fail subnet 9: the hotkey is not registered, and registration is closed",
    ]);
    assert.isUndefined(finding.command);
  }, { chain: { subnet: () => Promise.resolve({ ...SUBNET, registrationAllowed: false }) } });
});

test("registration tells a subnet that there is not, and goes on with the others", async () => {
  const subnet: Chain["subnet"] = (netuid) =>
    netuid === 99
      ? Promise.reject(new UsageError("there is no subnet 99"))
      : Promise.resolve({ ...SUBNET, netuid });
  await withDoctor(async (doctor) => {
    const [none, own] = await check(doctor, ["--netuid", "99,27"]);
    assert.deepEqual(lines([none]), ["fail subnet 99: there is no subnet 99"]);
    assert.equal(own.level, "ok");
  }, { chain: { subnet } });
});

test("registration tells stake and missing emission while immune", async () => {
  const { level, message } = await place({ emissionRao: 0n, alphaStakeRao: 2_500_000_000n });
  assert.equal(level, "ok");
  assert.include(message, "no emission yet, 2.5 alpha staked");
});

test("registration is well without immunity while there is emission", async () => {
  assert.deepEqual(lines([await place({ registeredAt: 904 })]), [
    `ok subnet ${NETUID}: uid ${UID}, 1.5 alpha of emission in the last epoch, no stake; its ` +
    "immunity is over",
  ]);
});

test("registration counts the last block of immunity", async () => {
  assert.include((await place({ registeredAt: 905 })).message, "immune for 1 block more (12 s)");
});

test("registration warns without immunity and emission", async () => {
  const finding = await place({ registeredAt: 904, emissionRao: 0n });
  assert.deepEqual(lines([finding]), [
    `warning subnet ${NETUID}: uid ${UID}: its immunity is over, no emission yet, no stake`,
  ]);
  assert.include(finding.advice, "first");
});

test("registration warns of the next to be replaced in a full subnet", async () => {
  const full = { neuronCount: 256, maxNeuronCount: 256 };
  const others = [{ uid: 3, registeredAt: 10, emissionRao: 2_000_000_000n }];
  const finding = await place({ registeredAt: 904 }, full, others);
  assert.equal(finding.level, "warning");
  assert.include(finding.message, `uid ${UID} is likely the next to be replaced`);
});

test("registration lets those go first who have less, are older, or have a lower uid", async () => {
  const full = { neuronCount: 256, maxNeuronCount: 256 };
  const ahead = [
    { uid: 300, registeredAt: 900, emissionRao: 1n },
    { uid: 300, registeredAt: 903 },
    { uid: 3, registeredAt: 904 },
  ];
  for (const other of ahead) {
    assert.equal((await place({ registeredAt: 904 }, full, [other])).level, "ok");
  }
  const behind = [
    { uid: 3, registeredAt: 905, emissionRao: 0n },
    { uid: 300, registeredAt: 904 },
  ];
  for (const other of behind) {
    assert.equal((await place({ registeredAt: 904 }, full, [other])).level, "warning");
  }
});

test("registration says so where the runtime tells no age", async () => {
  const { level, message } = await place({ registeredAt: undefined });
  assert.equal(level, "ok");
  assert.include(message, "does not tell its immunity");
});

test("registration fails where the uid went to another hotkey meanwhile", async () => {
  for (const neuron of [{ hotkey: STRANGER }, { uid: UID + 1 }]) {
    const finding = await place(neuron);
    assert.equal(finding.level, "fail");
    assert.include(finding.message, "another hotkey");
  }
});

test("registration warns of a lower uid at the same address where only one of them is asked", async () => {
  const sharing = (uid: number, ip = AXON.ip): Neuron => ({
    ...{ ...NEURON, hotkey: STRANGER, uid, axon: { ...AXON, ip } },
  });
  const metagraph = (...others: Neuron[]): Partial<Chain> => ({
    uidOf: () => Promise.resolve(UID),
    metagraph: () => Promise.resolve({ ...METAGRAPH, neurons: [...others, NEURON] }),
  });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor, MINE)).slice(1), [
      `warning subnet ${NETUID}: uid 3 has its axon at 203.0.113.9, too, and validators here ask ` +
      "only the lowest uid of an address",
    ]);
    assert.lengthOf(await check(doctor, ["--netuid", "33"]), 1);
  }, { chain: metagraph(sharing(3)) });
  await withDoctor(async (doctor) => {
    assert.lengthOf(await check(doctor, MINE), 1);
  }, { chain: metagraph(sharing(UID + 1), sharing(2, "203.0.113.8")) });
});

test("registration tells what goes wrong in the midst, subnet by subnet", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor, MINE)), [
      `fail subnet ${NETUID}: the connection dropped`,
    ]);
  }, { chain: { metagraph: () => Promise.reject(new WeftError("the connection dropped")) } });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await check(doctor, MINE)), [
      "fail registration: the connection dropped",
    ]);
  }, { chain: { uidOf: () => Promise.reject(new WeftError("the connection dropped")) } });
});

test("registration ends a chain that hangs in the midst", async () => {
  for (const method of ["uidOf", "subnet", "metagraph"] as const) {
    await withDoctor(async (doctor) => {
      assert.deepEqual(lines(await check(doctor, MINE)), [
        "fail registration: no answer within 20 s",
      ]);
    }, { chain: { [method]: () => new Promise(() => {}) } });
  }
});

test("registration is not checked where the hotkey's address is not known", async () => {
  await withDoctor(async (doctor) => {
    doctor.remove(`${WALLET}/hotkeys`);
    assert.deepEqual(lines(await check(doctor)), [
      "warning registration: not checked, because the hotkey's address is not known",
    ]);
  });
});
