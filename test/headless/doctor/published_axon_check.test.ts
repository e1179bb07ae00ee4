import { test } from "#test";
import { assert } from "chai";
import type { AxonInfo } from "../../../core/chain/metagraph.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import { publishedAxonCheck } from "../../../headless/doctor/published_axon_check.ts";
import { AXON } from "./fake_chain.ts";
import { lines, withDoctor } from "./fake_doctor.ts";

/** What is said of an axon that the chain publishes so. */
async function published(
  axon: Partial<AxonInfo> | undefined,
  args: string[] = [],
): Promise<Finding> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    findings = await doctor.check(publishedAxonCheck, args);
  }, { chain: { axonOf: () => Promise.resolve(axon && { ...AXON, ...axon }) } });
  assert.lengthOf(findings, 1);
  return findings[0];
}

const LEADS = "subnet 27 leads validators to";

test("published axon is well where chain and flags agree", async () => {
  const flags = ["--axon.external_ip", "203.0.113.9", "--axon.external_port", "8091"];
  for (const args of [[], flags]) {
    assert.deepEqual(lines([await published({}, args)]), [`ok axon: ${LEADS} 203.0.113.9:8091`]);
  }
});

test("published axon compares IPv6 addresses, not their spelling", async () => {
  const ip6: Partial<AxonInfo> = { ip: "2001:db8::1", ipType: 6 };
  const { level, message } = await published(ip6, ["--axon.external_ip", "2001:DB8:0::1"]);
  assert.deepEqual([level, message], ["ok", `${LEADS} [2001:db8::1]:8091`]);
});

test("published axon warns where the flags say another address or port", async () => {
  const cases = [
    [["--axon.external_ip", "203.0.113.10"], "203.0.113.10:8091"],
    [["--axon.external_port", "9000"], "203.0.113.9:9000"],
    [["--axon.port", "9000"], "203.0.113.9:9000"],
  ] as const;
  for (const [args, expected] of cases) {
    const finding = await published({}, [...args]);
    assert.deepEqual(lines([finding]), [
      `warning axon: ${LEADS} 203.0.113.9:8091, but the flags say ${expected}`,
    ]);
    assert.include(finding.advice, "publishes");
  }
});

test("published axon takes a port outside that differs from the one inside when told", async () => {
  const args = ["--axon.port", "9000", "--axon.external_port", "8091"];
  assert.equal((await published({}, args)).level, "ok");
});

test("published axon fails for an address that nobody outside can dial", async () => {
  const cases: [string, 4 | 6, string][] = [
    ["192.168.1.4", 4, "which only its own network can reach"],
    ["100.64.1.1", 4, "which only its own network can reach"],
    ["127.0.0.2", 4, "which each machine takes for itself"],
    ["fd00::1", 6, "which only its own network can reach"],
    ["224.0.0.1", 4, "which is no address of one machine"],
  ];
  for (const [ip, ipType, fault] of cases) {
    const { level, message, advice } = await published({ ip, ipType });
    assert.equal(level, "fail");
    assert.include(message, fault);
    assert.include(advice, "--axon.external_ip");
  }
});

test("published axon takes a private address on a local chain", async () => {
  const local = [["--subtensor.network", "local"], [
    "--subtensor.chain_endpoint",
    "ws://10.1.1.1:9944",
  ]];
  for (const args of local) {
    assert.equal((await published({ ip: "192.168.1.4" }, args)).level, "ok");
  }
});

test("published axon warns where there is none, or one without an address", async () => {
  for (const axon of [undefined, { ip: "0.0.0.0", port: 0 }, { ip: "::", port: 0 }]) {
    assert.deepEqual(lines([await published(axon)]), [
      "warning axon: subnet 27 does not know where this hotkey's axon is, so no validator can ask it",
    ]);
  }
});

test("published axon needs none on a subnet whose miners nobody dials", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(publishedAxonCheck, ["--netuid", "9"])), [
      "ok axon: subnet 9 has none of this hotkey, and its miners need none",
    ]);
  }, { chain: { uidOf: () => Promise.resolve(1) } });
});

test("published axon says nothing of subnets where the hotkey is not registered", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await doctor.check(publishedAxonCheck, ["--netuid", "9,33"]), []);
  });
});

test("published axon tells what goes wrong, or what it could not know", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(publishedAxonCheck)), ["fail axon: dropped"]);
  }, { chain: { axonOf: () => Promise.reject(new WeftError("dropped")) } });
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(publishedAxonCheck)), [
      "warning axon: not checked, because the hotkey's registrations are not known",
    ]);
  }, { chain: { uidOf: () => Promise.reject(new WeftError("dropped")) } });
});
