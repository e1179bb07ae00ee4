import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { clockCheck } from "../../../headless/doctor/clock_check.ts";
import { HEAD, NOW_MS } from "./fake_chain.ts";
import { dated, type FakeDoctorOptions, lines, withDoctor } from "./fake_doctor.ts";

/** What the check says when the host's clock is ahead of ours by that many seconds. */
async function byHost(seconds: number): Promise<string> {
  return await report({
    system: { fetch: () => Promise.resolve(dated(NOW_MS + seconds * 1000)) },
    chain: { head: () => Promise.reject(new WeftError("no block")) },
  });
}

/** What the check says of a newest block of that age when no host tells the time. */
async function byBlock(ageS: number): Promise<string> {
  return await report({
    system: { fetch: () => Promise.reject(new TypeError("no HTTP")) },
    chain: { head: () => Promise.resolve({ ...HEAD, unixMs: NOW_MS - ageS * 1000 }) },
  });
}

async function report(options: FakeDoctorOptions, args: string[] = []): Promise<string> {
  let said: string[] = [];
  await withDoctor(async (doctor) => {
    said = lines(await doctor.clock.drive(doctor.check(clockCheck, args)));
  }, options);
  assert.lengthOf(said, 1);
  return said[0];
}

const HOST = "entrypoint-finney.opentensor.ai";

test("clock is well when the host's date agrees to less than 5 s", async () => {
  assert.equal(await byHost(0), `ok clock: agrees with ${HOST} to 1 s`);
  // `Date` is cut to whole seconds, so its middle is half a second later: 4.5 s, and 3.5 s.
  assert.equal(await byHost(4), `ok clock: agrees with ${HOST} to 5 s`);
  assert.equal(await byHost(-4), `ok clock: agrees with ${HOST} to 4 s`);
});

test("clock warns from 5 s, on either side", async () => {
  assert.equal(await byHost(5), `warning clock: 6 s behind ${HOST}`);
  assert.equal(await byHost(-6), `warning clock: 6 s ahead of ${HOST}`);
});

test("clock fails from a minute", async () => {
  assert.equal(await byHost(59), `warning clock: 1 min 0 s behind ${HOST}`);
  assert.equal(await byHost(60), `fail clock: 1 min 1 s behind ${HOST}`);
  assert.equal(await byHost(-3600), `fail clock: 1 h 0 min ahead of ${HOST}`);
});

test("clock trusts a host that is a little off the newest block, for blocks have an age", async () => {
  const system = { fetch: () => Promise.resolve(dated(NOW_MS + 50_000)) };
  assert.equal(await report({ system }), `warning clock: 51 s behind ${HOST}`);
});

test("clock does not trust a host that is a minute off a block that agrees", async () => {
  for (const seconds of [100, -100]) {
    const system = { fetch: () => Promise.resolve(dated(NOW_MS + seconds * 1000)) };
    assert.equal(
      await report({ system }),
      "ok clock: agrees with the chain's newest block, 4 s old by it",
    );
  }
});

test("clock keeps to the host where the block is off as well", async () => {
  const system = { fetch: () => Promise.resolve(dated(NOW_MS + 100_000)) };
  const head = { ...HEAD, unixMs: NOW_MS + 90_000 };
  const chain = { head: () => Promise.resolve(head) };
  assert.equal(await report({ system, chain }), `fail clock: 1 min 41 s behind ${HOST}`);
});

test("clock says what to do, and why it matters", async () => {
  await withDoctor(async (doctor) => {
    const [{ advice }] = await doctor.check(clockCheck);
    assert.match(`${advice}`, /network time.*stale after 10 s/);
  }, { wallClockMs: NOW_MS - 100_000 });
});

test("clock asks the endpoint's host over HTTPS, without path, query and password", async () => {
  const urls: string[] = [];
  const system = {
    fetch(url: string): Promise<Response> {
      urls.push(url);
      return Promise.resolve(dated(NOW_MS));
    },
  };
  const endpoint = (url: string): string[] => ["--subtensor.chain_endpoint", url];
  await report({ system }, endpoint("wss://me:pass@rpc.example:444/key?apikey=1"));
  await report({ system }, endpoint("ws://127.0.0.1:9944"));
  assert.deepEqual(urls, ["https://rpc.example:444/", "http://127.0.0.1:9944/"]);
});

test("clock asks the newest block where the host tells no date", async () => {
  const answers = [
    new Response("no date"),
    new Response(null, { headers: { date: "yesterday" } }),
  ];
  for (const answer of answers) {
    const said = await report({ system: { fetch: () => Promise.resolve(answer) } });
    assert.equal(said, "ok clock: agrees with the chain's newest block, 4 s old by it");
  }
});

test("clock asks the newest block when the host hangs, and gives up the request", async () => {
  let signal: AbortSignal | null | undefined;
  const said = await report({
    system: {
      fetch(_url, init): Promise<Response> {
        signal = init.signal;
        return new Promise(() => {});
      },
    },
  });
  assert.include(said, "ok clock: agrees with the chain's newest block");
  assert.isTrue(signal?.aborted);
});

test("clock takes a block's usual age for well", async () => {
  assert.include(await byBlock(0), "ok clock");
  assert.include(await byBlock(28), "ok clock: agrees with the chain's newest block, 28 s old");
  assert.include(await byBlock(-4), "ok clock: agrees with the chain's newest block, 0 s old");
});

test("clock warns of a block from the future, and fails from a minute", async () => {
  assert.equal(await byBlock(-5), "warning clock: at least 5 s behind the chain's newest block");
  assert.equal(
    await byBlock(-60),
    "fail clock: at least 1 min 0 s behind the chain's newest block",
  );
});

test("clock warns of an old block with both causes, and fails a minute later", async () => {
  assert.equal(
    await byBlock(29),
    "warning clock: the newest block is 29 s old by it: the clock is ahead, or the endpoint " +
      "behind the chain",
  );
  assert.include(await byBlock(83), "warning clock: the newest block is 1 min 23 s old");
  assert.include(await byBlock(84), "fail clock: the newest block is 1 min 24 s old");
});

test("clock says that it was not checked where nothing tells the time", async () => {
  const said = await report({
    system: { fetch: () => Promise.reject(new TypeError("no HTTP")) },
    openChain: () => Promise.reject(new Error("no chain")),
  });
  assert.equal(
    said,
    "warning clock: not checked, because neither the endpoint's host nor the chain tells the time",
  );
});

test("clock needs no host where the chain is a file", async () => {
  await withDoctor(async (doctor) => {
    doctor.write("ledger", "");
    const args = ["--subtensor.network", `ledger:${doctor.home}/ledger`];
    assert.deepEqual(lines(await doctor.check(clockCheck, args)), [
      "ok clock: agrees with the chain's newest block, 4 s old by it",
    ]);
  }, { system: { fetch: () => assert.fail("there is no host") } });
});
