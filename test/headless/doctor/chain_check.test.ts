import { test } from "#test";
import { assert } from "chai";
import type { Chain, ChainIdentity } from "../../../core/chain/chain.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { endpointCheck, headCheck } from "../../../headless/doctor/chain_check.ts";
import { fakeChain, HEAD, NOW_MS } from "./fake_chain.ts";
import { type FakeDoctor, lines, withDoctor } from "./fake_doctor.ts";

const ENDPOINT = "wss://entrypoint-finney.opentensor.ai";

/** A chain whose identity differs in this. */
function identified(differences: Partial<ChainIdentity>): Partial<Chain> {
  const identity = async (): Promise<ChainIdentity> => ({
    ...await fakeChain().identity(),
    ...differences,
  });
  return { identity };
}

/** A chain whose newest block is that old. */
function aged(ageMs: number, differences: Partial<Chain> = {}): Partial<Chain> {
  return {
    head: () => Promise.resolve({ ...HEAD, unixMs: NOW_MS - ageMs }),
    ...differences,
  };
}

async function head(doctor: FakeDoctor, args: string[] = []): Promise<string[]> {
  return lines(await doctor.clock.drive(doctor.check(headCheck, args)));
}

test("endpoint says how fast it answers, and which chain it is", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(lines(await doctor.check(endpointCheck)), [
      `ok endpoint: ${ENDPOINT} answers in 0 ms`,
      "ok chain: finney: node-subtensor spec 425, genesis 0x2f0555…79c45d",
    ]);
  });
});

test("endpoint measures one request", async () => {
  await withDoctor(async (doctor) => {
    doctor.system.openChain = () =>
      Promise.resolve(fakeChain({ head: () => doctor.clock.sleep(1999).then(() => HEAD) }));
    const [first] = await doctor.clock.drive(doctor.check(endpointCheck));
    assert.equal(first.message, `${ENDPOINT} answers in 1999 ms`);
  });
});

test("endpoint warns of one that is slow", async () => {
  await withDoctor(async (doctor) => {
    doctor.system.openChain = () =>
      Promise.resolve(fakeChain({ head: () => doctor.clock.sleep(2000).then(() => HEAD) }));
    const [first] = await doctor.clock.drive(doctor.check(endpointCheck));
    assert.deepEqual(lines([first]), [`warning endpoint: ${ENDPOINT} takes 2.0 s to answer`]);
    assert.include(first.advice, "own");
  });
});

test("endpoint fails where the chain cannot be opened, with the chain's own words", async () => {
  for (const error of [new WeftError("refused: start it"), new UsageError("refused: start it")]) {
    await withDoctor(async (doctor) => {
      assert.deepEqual(lines(await doctor.check(endpointCheck)), [
        "fail endpoint: refused: start it",
      ]);
    }, { openChain: () => Promise.reject(error) });
  }
});

test("endpoint fails where it hangs, naming the endpoint, and closes what opens later", async () => {
  const opening = Promise.withResolvers<Chain>();
  const closed = Promise.withResolvers<void>();
  await withDoctor(async (doctor) => {
    const findings = await doctor.clock.drive(doctor.check(endpointCheck, ["--timeout", "3"]));
    assert.deepEqual(lines(findings), [`fail endpoint: ${ENDPOINT}: no answer within 3 s`]);
    assert.include(findings[0].advice, "--timeout");
    opening.resolve(fakeChain({ close: () => Promise.resolve(closed.resolve()) }));
    await closed.promise;
  }, { openChain: () => opening.promise });
});

test("endpoint fails where a chain opens and then hangs", async () => {
  await withDoctor(async (doctor) => {
    const findings = await doctor.clock.drive(doctor.check(endpointCheck));
    assert.deepEqual(lines(findings), ["fail endpoint: no answer within 20 s"]);
  }, { chain: { identity: () => new Promise(() => {}) } });
});

test("endpoint fails for a chain that is no Subtensor", async () => {
  await withDoctor(async (doctor) => {
    const [, chain] = await doctor.check(endpointCheck);
    assert.deepEqual(lines([chain]), [
      "fail chain: finney: polkadot spec 9, genesis 0x2f0555…79c45d: this is no Subtensor",
    ]);
  }, { chain: identified({ specName: "polkadot", specVersion: 9 }) });
});

test("endpoint keeps an endpoint's key to itself, in its own words and in the chain's", async () => {
  const url = "wss://rpc.example:444/v1/0123456789abcdef0123?apikey=s3cret";
  await withDoctor(async (doctor) => {
    const { out, error } = await doctor.run(["--subtensor.chain_endpoint", url], {
      checks: [endpointCheck],
    });
    assert.include(out, "wss://rpc.example:444");
    for (const secret of ["0123456789", "s3cret", "apikey"]) assert.notInclude(out + error, secret);
  }, { chain: identified({ network: url, endpoint: url }) });
  await withDoctor(async (doctor) => {
    const { out, error } = await doctor.run(["--subtensor.chain_endpoint", url], {
      checks: [endpointCheck],
    });
    assert.include(out, "does not answer");
    for (const secret of ["0123456789", "s3cret", "apikey"]) assert.notInclude(out + error, secret);
  }, { openChain: () => Promise.reject(new WeftError(`${url} does not answer`)) });
});

test("endpoint makes no ledger where there is none", async () => {
  await withDoctor(async (doctor) => {
    const args = ["--subtensor.network", "ledger:nowhere/l.db"];
    assert.deepEqual(lines(await doctor.check(endpointCheck, args)), [
      `fail endpoint: there is no ledger at ${doctor.home}/nowhere/l.db: name one that a network ` +
      "runs on",
    ]);
  }, { openChain: () => assert.fail("it would make one") });
});

test("endpoint takes a ledger for a chain, whatever it calls itself", async () => {
  await withDoctor(async (doctor) => {
    doctor.write("l.db", "");
    const findings = await doctor.check(endpointCheck, ["--subtensor.network", "ledger:l.db"]);
    assert.deepEqual(findings.map(({ level }) => level), ["ok", "ok"]);
    assert.include(findings[0].message, "ledger:l.db answers");
  }, { chain: identified({ network: "ledger", specName: "weft", specVersion: 1 }) });
});

test("head names the newest block and its age", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor), ["ok head: block 5000, 4 s old"]);
  });
});

test("head is well up to five blocks", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor), ["ok head: block 5000, 59 s old"]);
  }, { chain: aged(59_400, { watchHead: () => assert.fail("there is nothing to wait for") }) });
});

test("head warns where an old block is followed by others, and stops watching", async () => {
  let isWatched = true;
  const watchHead: Chain["watchHead"] = (listener) => {
    for (const number of [4999, 5000, 5001]) listener(number);
    return Promise.resolve(() => void (isWatched = false));
  };
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor), [
      "warning head: block 5000 is 1 h 0 min old, and newer ones come",
    ]);
    assert.isFalse(isWatched);
  }, { chain: aged(3_600_000, { watchHead }) });
});

test("head fails where no newer block comes, and stops watching", async () => {
  let isWatched = true;
  const watchHead: Chain["watchHead"] = (listener) => {
    listener(5000);
    return Promise.resolve(() => void (isWatched = false));
  };
  await withDoctor(async (doctor) => {
    const startMs = doctor.clock.nowMs();
    assert.deepEqual(await head(doctor, ["--timeout", "60"]), [
      "fail head: block 5000 is 1 min 0 s old, and none came within 15 s",
    ]);
    assert.equal(doctor.clock.nowMs() - startMs, 15_000);
    assert.isFalse(isWatched);
  }, { chain: aged(60_000, { watchHead }) });
});

test("head waits no longer than half of its time", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor, ["--timeout", "8"]), [
      "fail head: block 5000 is 1 min 40 s old, and none came within 4 s",
    ]);
  }, { chain: aged(100_000) });
});

test("head only warns of a local chain that stands still", async () => {
  await withDoctor(async (doctor) => {
    const args = ["--subtensor.network", "local"];
    const [finding] = await doctor.clock.drive(doctor.check(headCheck, args));
    assert.equal(finding.level, "warning");
    assert.include(finding.advice, "on demand");
  }, { chain: aged(100_000) });
});

test("head tells what goes wrong while it watches", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor), ["fail head: the connection dropped"]);
  }, {
    chain: aged(100_000, {
      watchHead: () => Promise.reject(new WeftError("the connection dropped")),
    }),
  });
});

test("head is not checked where the chain could not be opened", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await head(doctor), [
      "warning head: not checked, because the chain could not be opened",
    ]);
  }, { openChain: () => Promise.reject(new WeftError("refused")) });
});
