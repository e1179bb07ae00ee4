import { test } from "#test";
import { assert } from "chai";
import { FairQueue } from "../../../core/compute/sandbox/fair_queue.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { failureOf } from "../../harness/kept_log.ts";

const ALWAYS = new AbortController().signal;

/** A queue, and what has begun. */
class Setup {
  readonly begun: string[] = [];
  readonly queue: FairQueue;
  #atOnce = 0;

  constructor(maxOpenJobs = 10) {
    this.queue = new FairQueue(maxOpenJobs);
  }

  add(name: string, signal = ALWAYS): Promise<string> {
    return this.queue.add(name[0], async () => {
      this.begun.push(name);
      this.#atOnce += 1;
      assert.equal(this.#atOnce, 1);
      await Promise.resolve();
      this.#atOnce -= 1;
      if (name.endsWith("!")) throw new Error(name);
      return name;
    }, signal);
  }
}

test("FairQueue serves tenants in turn, each in order, one job at a time", async () => {
  const setup = new Setup();
  const names = ["a1", "a2", "a3", "b1", "c1", "c2"];
  assert.deepEqual(await Promise.all(names.map((name) => setup.add(name))), names);
  assert.deepEqual(setup.begun, ["a1", "a2", "b1", "c1", "a3", "c2"]);
});

test("FairQueue lets a newcomer in before those who have been served", async () => {
  const setup = new Setup();
  const jobs = ["a1", "a2", "a3"].map((name) => setup.add(name));
  await jobs[0];
  jobs.push(setup.add("b1"));
  await Promise.all(jobs);
  assert.isBelow(setup.begun.indexOf("b1"), setup.begun.indexOf("a3"));
});

test("FairQueue goes on after a failure", async () => {
  const setup = new Setup();
  const failed = failureOf(setup.add("a!"));
  const other = setup.add("b1");
  assert.equal(String(await failed), "Error: a!");
  assert.equal(await other, "b1");
});

test("FairQueue takes out a job that is called off", async () => {
  const setup = new Setup();
  const ending = new AbortController();
  const jobs = [setup.add("a1"), setup.add("a3"), setup.add("b1")];
  const failed = failureOf(setup.add("a2", ending.signal));
  ending.abort(new WeftError("why"));
  assert.equal(String(await failed), "WeftError: why");
  await Promise.all(jobs);
  assert.notInclude(setup.begun, "a2");
});

test("FairQueue begins no job whose signal is aborted", async () => {
  const setup = new Setup();
  const ending = new AbortController();
  ending.abort();
  const error = await failureOf((async () => await setup.add("a1", ending.signal))());
  assert.equal(String(error), "WeftError: the job was called off");
  assert.isEmpty(setup.begun);
});

test("FairQueue tells at once that a running job is called off, and waits for its end", async () => {
  const setup = new Setup();
  const ending = new AbortController();
  const end = Promise.withResolvers<void>();
  const failed = failureOf(setup.queue.add("a", () => end.promise, ending.signal));
  const other = setup.add("b1");
  ending.abort();
  await failed;
  assert.isEmpty(setup.begun);
  end.resolve();
  assert.equal(await other, "b1");
});

test("FairQueue counts the running job among a tenant's open ones", async () => {
  const setup = new Setup(2);
  const jobs = [setup.add("a1"), setup.add("a2")];
  assert.throws(() => setup.add("a3"), UsageError, /^2 jobs wait already, 2 are allowed/);
  await Promise.all(jobs);
  assert.equal(await setup.add("a4"), "a4");
});
