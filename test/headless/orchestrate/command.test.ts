import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../../core/errors.ts";
import { BOB } from "../wallet/test_wallet.ts";
import { jsonLines } from "../wallet/fake_wallet_system.ts";
import { withTempFolder } from "../temp_folder.ts";
import { fakeOrchestrate, runOrchestrate } from "./fake_orchestrate.ts";

const OPEN = ["--open", "--model", "nano", "--port", "0"];

async function textOf(answer: Response): Promise<string> {
  return `${answer.status} ${await answer.text()}`;
}

test("one address answers the page, the orchestrator and the store", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    const answers: string[] = [];
    const { code } = await runOrchestrate(fake, OPEN, async () => {
      const url = await fake.url;
      const { store } = await fake.context;
      await store.write("activations/a", new TextEncoder().encode("tokens"));
      for (const at of [`${url}/`, `${url}/orchestrator/healthcheck`, `${url}/nothing`]) {
        answers.push((await textOf(await fetch(at))).slice(0, 19));
      }
      answers.push(await textOf(await fetch(await store.presignGet("activations/a", 60))));
    });
    assert.equal(code, 0);
    assert.deepEqual(answers, [
      "200 <!doctype html>",
      '200 {"status":"heal',
      '404 {"detail":"Not ',
      "200 tokens",
    ]);
  }));

test("what was opened is closed at the end, listeners first", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    await runOrchestrate(fake, OPEN, async () => void await fake.url);
    assert.deepEqual(fake.steps, [
      "state file",
      "store folder at http://127.0.0.1",
      "unheard",
      "state closed",
      "http closed",
    ]);
  }));

test("an orchestrator that fails closes everything and says why", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir, {
      run: () => Promise.reject(new WeftError("the state is gone")),
    });
    const { code, error } = await runOrchestrate(fake, OPEN, () => new Promise(() => {}));
    assert.equal(code, 1);
    assert.include(error, "error: the state is gone");
    assert.includeMembers([...fake.steps], ["unheard", "state closed", "http closed"]);
  }));

test("a port that is taken is told in a line, and the state is closed", () =>
  withTempFolder(async (dir) => {
    const first = await fakeOrchestrate(dir);
    const second = await fakeOrchestrate(dir);
    await runOrchestrate(first, OPEN, async () => {
      const port = new URL(await first.url).port;
      const { code, error } = await runOrchestrate(second, [...OPEN, "--port", port]);
      assert.equal(code, 1);
      assert.include(error, port);
    });
    assert.includeMembers([...second.steps], ["state closed", "http closed"]);
  }));

test("--json tells where it listens, then the swarm", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    const { out } = await runOrchestrate(fake, [...OPEN, "--json"], async () => {
      await (await fetch(await fake.url)).text();
    });
    const [started, overview] = jsonLines(out);
    assert.deepInclude(started, { kind: "started", hotkey: BOB, model: "nano", layers: 3 });
    assert.deepInclude(overview, { kind: "overview", hotkey: BOB, netuid: 9 });
    assert.containsAllKeys(overview, ["layers", "miners", "credit"]);
  }));

test("an open swarm without a chain asks none", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    await runOrchestrate(fake, OPEN, async () => {
      await fake.url;
      const { chain, settings } = await fake.context;
      assert.isUndefined(chain);
      assert.isFalse(settings.membersOnly);
    });
  }));

test("the same version comes back after a restart, another training has another one", () =>
  withTempFolder(async (dir) => {
    const versions: string[] = [];
    for (const more of [[], [], ["--seq", "32"]]) {
      const fake = await fakeOrchestrate(dir);
      await runOrchestrate(fake, [...OPEN, ...more], async () => {
        await fake.url;
        versions.push((await fake.context).version);
      });
    }
    assert.equal(versions[0], versions[1]);
    assert.notEqual(versions[0], versions[2]);
  }));

test("a wrong flag is told before a wallet is asked for", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    const args = ["--wallet.name", "nobody", "--model", "nonsense"];
    const { code, error } = await runOrchestrate(fake, args);
    assert.equal(code, 2);
    assert.include(error, 'there is no model "nonsense"');
  }));

test("without the wallet it says how to make one", () =>
  withTempFolder(async (dir) => {
    const fake = await fakeOrchestrate(dir);
    const { code, error } = await runOrchestrate(fake, [...OPEN, "--wallet.name", "nobody"]);
    assert.equal(code, 1);
    assert.include(error, "deno task wallet new_hotkey --wallet.name nobody");
  }));
