import { test } from "#test";
import { assert } from "chai";
import { runFile, test as collect, type TestResult } from "./browser.ts";

async function results(load: () => Promise<unknown>): Promise<TestResult[]> {
  return await Array.fromAsync(runFile("x.test.ts", load));
}

test("runFile() reports a passing and a failing test under their names", async () => {
  const [good, bad] = await results(() => {
    collect("good", () => {});
    collect("bad", () => Promise.reject(new Error("why")));
    return Promise.resolve();
  });
  assert.deepInclude(good, { file: "x.test.ts", name: "good", failure: undefined });
  assert.equal(bad.name, "bad");
  assert.include(bad.failure, "why");
});

test("runFile() fails a file that cannot be loaded", async () => {
  const [only] = await results(() => Promise.reject(new Error("no such module")));
  assert.include(only.failure, "no such module");
});

test("runFile() fails a file that registers no test", async () => {
  const [only] = await results(() => Promise.resolve());
  assert.include(only.failure, "no test");
});

test("runFile() does not run the tests of the file before", async () => {
  await results(() => Promise.resolve(collect("old", () => {})));
  const names = (await results(() => Promise.resolve(collect("new", () => {})))).map((r) => r.name);
  assert.deepEqual(names, ["new"]);
});
