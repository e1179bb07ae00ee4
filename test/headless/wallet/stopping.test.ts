// Ctrl-C at every moment of a command that pays.

import { test } from "#test";
import { assert } from "chai";
import type { Chain } from "../../../core/chain/chain.ts";
import type { CallOptions, CallStage } from "../../../core/chain/receipt.ts";
import { neverSends } from "./fake_chain.ts";
import { MONEY_COMMANDS, withWallet } from "./money_commands.ts";

const NEVER = new Promise<never>(() => {});

/** The options of a call, whichever method it is. */
function optionsOf(args: readonly unknown[]): CallOptions {
  const options = args.at(-1);
  assert.isObject(options);
  return options as CallOptions;
}

for (const command of MONEY_COMMANDS) {
  const { name, sends, look } = command;

  test(`${name} stopped before it begins sends nothing`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out, error } = await command.run(system, ["--yes"], {
        signal: AbortSignal.abort(),
      });
      assert.deepEqual([code, out, error], [1, "", "error: stopped; nothing was sent\n"]);
    });
  });

  test(`${name} does not wait for a chain that never opens, and closes one that is late`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ chain, system }) => {
      const stop = new AbortController();
      const opening = Promise.withResolvers<Chain>();
      const slow = {
        ...system,
        openChain(): Promise<Chain> {
          queueMicrotask(() => stop.abort());
          return opening.promise;
        },
      };
      const { code, error } = await command.run(slow, ["--yes"], { signal: stop.signal });
      assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"]);
      assert.isFalse(chain.isClosed);
      opening.resolve(chain);
      await opening.promise;
      await Promise.resolve();
      assert.isTrue(chain.isClosed);
    });
  });

  test(`${name} does not wait for an answer that never comes`, async () => {
    for (const read of command.reads) {
      const stop = new AbortController();
      const hang = (): Promise<never> => {
        queueMicrotask(() => stop.abort());
        return NEVER;
      };
      const chainOptions = { instead: { ...neverSends(), [read]: hang } };
      await withWallet({ chain: chainOptions }, async ({ chain, system }) => {
        const { code, error } = await command.run(system, ["--yes"], { signal: stop.signal });
        assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"], read);
        assert.isTrue(chain.isClosed);
      });
    }
  });

  test(`${name} stopped while the question stands sends nothing, whatever is answered`, async () => {
    const stop = new AbortController();
    await withWallet({ answers: [], chain: { instead: neverSends() } }, async ({ system }) => {
      const prompter = {
        ...system.prompter,
        readLine(): Promise<string> {
          stop.abort();
          return Promise.resolve("y");
        },
      };
      const { code, error } = await command.run({ ...system, prompter }, [], {
        signal: stop.signal,
      });
      assert.deepEqual([code, error], [1, "error: stopped; nothing was sent\n"]);
    });
  });

  const stages: [stage: CallStage | undefined, place: string][] = [
    [undefined, "may still be carried out, in a block after 1000"],
    ["signing", "may still be carried out, in a block after 1000"],
    ["submitted", "may still be carried out, in a block after 1000"],
    ["reconnecting", "may still be carried out, in a block after 1000"],
    ["inBlock", "is in a block"],
  ];
  for (const [stage, place] of stages) {
    test(`${name} stopped when the call is at "${stage ?? "nothing yet"}" says so`, async () => {
      const stop = new AbortController();
      const sent: string[] = [];
      const hang = (...args: unknown[]): Promise<never> => {
        sent.push(sends);
        if (stage) optionsOf(args).onProgress?.(stage);
        queueMicrotask(() => stop.abort());
        return NEVER;
      };
      await withWallet({ chain: { instead: { [sends]: hang } } }, async ({ chain, system }) => {
        const { code, out, error } = await command.run(system, ["--yes"], { signal: stop.signal });
        assert.equal(code, 1);
        assert.notInclude(out, "Done");
        assert.match(error, /error: stopped waiting [^\n]*\n$/);
        assert.include(error, place);
        assert.include(error, look);
        assert.notInclude(error, "nothing was sent");
        assert.deepEqual(sent, [sends]);
        assert.isTrue(chain.isClosed);
      });
    });
  }

  test(`${name} stopped after it was done has succeeded, and says what was not read`, async () => {
    const stop = new AbortController();
    await withWallet({}, async ({ chain, system }) => {
      const before = chain.balance.bind(chain);
      chain.balance = (address) => {
        if (chain.sent.length === 0) return before(address);
        queueMicrotask(() => stop.abort());
        return NEVER;
      };
      const { code, out, error } = await command.run(system, ["--yes"], { signal: stop.signal });
      assert.equal(code, 0);
      assert.include(out, "Done\n");
      assert.match(error, /could not be read \(stopped\)/);
      assert.notInclude(error, "nothing was sent");
    });
  });
}
