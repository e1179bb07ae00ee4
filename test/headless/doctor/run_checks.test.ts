import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { type Check, type Finding, NotKnownError, ok } from "../../../headless/doctor/check.ts";
import type { CheckContext } from "../../../headless/doctor/context.ts";
import { fakeChain } from "./fake_chain.ts";
import { type FakeDoctor, lines, withDoctor } from "./fake_doctor.ts";

/** A check that does this. */
function check(name: string, run: (context: CheckContext) => Promise<Finding[]>): Check {
  return { name, run };
}

/** What a check that throws is reported as. */
async function thrown(doctor: FakeDoctor, error: unknown): Promise<string[]> {
  return lines(await doctor.check(check("trial", () => Promise.reject(error))));
}

test("a check that throws becomes a finding of its name", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await thrown(doctor, new WeftError("the disk is full")), [
      "fail trial: the disk is full",
    ]);
    assert.deepEqual(await thrown(doctor, new UsageError("no such subnet")), [
      "fail trial: no such subnet",
    ]);
    assert.deepEqual(await thrown(doctor, new NotKnownError("the cat slept")), [
      "warning trial: not checked, because the cat slept",
    ]);
  });
});

test("an error that nobody foresaw is named, and its text kept back", async () => {
  await withDoctor(async (doctor) => {
    assert.deepEqual(await thrown(doctor, new SyntaxError('"bottom drive" is not JSON')), [
      "fail trial: could not be checked (SyntaxError)",
    ]);
    assert.deepEqual(await thrown(doctor, "bottom drive"), [
      "fail trial: could not be checked (string)",
    ]);
  });
});

test("a check that throws before its first await becomes a finding too", async () => {
  await withDoctor(async (doctor) => {
    const bad = check("trial", () => {
      throw new WeftError("at once");
    });
    const { code, out } = await doctor.run([], { checks: [bad, check("b", () => fine("b"))] });
    assert.equal(code, 1);
    assert.include(out, "fail     trial         at once\nok       b             well\n");
  });
});

test("checks run at the same time and are reported in their order", async () => {
  await withDoctor(async (doctor) => {
    const second = Promise.withResolvers<void>();
    const checks = [
      check("a", () => second.promise.then(() => fine("a"))),
      check("b", () => {
        second.resolve();
        return fine("b");
      }),
    ];
    const { code, out } = await doctor.run(["--json"], { checks });
    assert.deepEqual([code, subjects(out)], [0, ["a", "b"]]);
  });
});

test("a check that hangs is ended at its limit, and takes no other with it", async () => {
  await withDoctor(async (doctor) => {
    const checks = [
      check("a", () => new Promise(() => {})),
      check("b", () => doctor.clock.sleep(6000).then(() => fine("b"))),
    ];
    const running = doctor.run(["--timeout", "7"], { checks });
    const { code, out } = await doctor.clock.drive(running);
    assert.equal(code, 1);
    assert.include(out, "fail     a             no answer within 7 s\n");
    assert.include(out, "ok       b             well\n");
  });
});

test("findings are shown as soon as those before them are", async () => {
  await withDoctor(async (doctor) => {
    const last = Promise.withResolvers<Finding[]>();
    const stop = new AbortController();
    const checks = [check("a", () => fine("a")), check("b", () => last.promise)];
    const running = doctor.run([], { checks, signal: stop.signal });
    await Promise.all(checks.slice(0, 1).map((each) => doctor.check(each)));
    stop.abort();
    const { code, out } = await running;
    assert.equal(code, 1);
    assert.match(out, /^ok {7}a {13}well\n\nstopped: 1 ok, 0 warnings, 0 to fix so far\n$/);
  });
});

test("a command that was stopped before it began reports nothing and answers 1", async () => {
  await withDoctor(async (doctor) => {
    const checks = [check("a", () => new Promise(() => {}))];
    const { code, out } = await doctor.run([], { checks, signal: AbortSignal.abort() });
    assert.deepEqual([code, out], [1, "\nstopped: 0 ok, 0 warnings, 0 to fix so far\n"]);
  });
});

test("the time of a check stands still until the chain is open", async () => {
  await withDoctor(async (doctor) => {
    doctor.system.openChain = () => doctor.clock.sleep(5000).then(() => fakeChain());
    const late = check("a", async (context) => {
      await context.chain();
      await doctor.clock.sleep(6000);
      return await fine("a");
    });
    const { code } = await doctor.clock.drive(doctor.run(["--timeout", "7"], { checks: [late] }));
    assert.equal(code, 0);
  });
});

test("the chain is opened once for all checks, and closed at the end", async () => {
  const calls: string[] = [];
  await withDoctor(async (doctor) => {
    const needy = check("a", async (context) => {
      await context.chain();
      calls.push("used");
      return await fine("a");
    });
    await doctor.run([], { checks: [needy, needy] });
  }, {
    openChain(): Promise<Chain> {
      calls.push("opened");
      return Promise.resolve(
        fakeChain({ close: () => Promise.resolve(void calls.push("closed")) }),
      );
    },
  });
  assert.deepEqual(calls, ["opened", "used", "used", "closed"]);
});

test("a chain that does not close keeps nobody waiting", async () => {
  for (const close of [() => new Promise<void>(() => {}), () => Promise.reject(new Error("no"))]) {
    await withDoctor(async (doctor) => {
      const needy = check("a", async (context) => {
        await context.chain();
        return await fine("a");
      });
      const { code } = await doctor.clock.drive(doctor.run([], { checks: [needy] }));
      assert.equal(code, 0);
    }, { chain: { close } });
  }
});

function fine(subject: string): Promise<Finding[]> {
  return Promise.resolve([ok(subject, "well")]);
}

function subjects(out: string): unknown[] {
  return out.trimEnd().split("\n").map((line) => JSON.parse(line).subject);
}
