// What holds for every command that pays: register, transfer, stake add, stake remove.

import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import * as v from "valibot";
import { UnknownOutcomeError } from "../../../core/chain/receipt.ts";
import { WeftError } from "../../../core/errors.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { publicRecordOf, writeKeyRecord } from "../../../core/wallet/key_record.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { EXTRINSIC_HASH, neverSends, TAO } from "./fake_chain.ts";
import { jsonLines } from "./fake_wallet_system.ts";
import { MONEY_COMMANDS, withWallet } from "./money_commands.ts";
import { ALICE, BOB } from "./test_wallet.ts";

for (const command of MONEY_COMMANDS) {
  const { name, sends, look } = command;

  test(`${name} shows, asks once and sends once`, async () => {
    await withWallet({ answers: ["y"] }, async ({ chain, system }) => {
      const { code, out, error } = await command.run(system, []);
      assert.deepEqual([code, error], [0, ""]);
      assert.deepEqual(chain.sent, [sends]);
      assert.lengthOf(system.questions, 1);
      assert.match(system.questions[0], / \[y\/N\]$/);
      assert.include(out, "Done\n");
      assert.include(out, EXTRINSIC_HASH);
      assert.isTrue(chain.isClosed);
    });
  });

  for (const answer of ["", "n", "no", "N", "ja", "yess", "y?", "yes please"]) {
    test(`${name} takes the answer "${answer}" for a no, and sends nothing`, async () => {
      const surroundings = { answers: [answer], chain: { instead: neverSends() } };
      await withWallet(surroundings, async ({ chain, system }) => {
        const { code, out } = await command.run(system, []);
        assert.equal(code, 1);
        assert.match(out, /nothing was sent\n$/);
        assert.isTrue(chain.isClosed);
      });
    });
  }

  test(`${name} without a terminal is wrong use, before it speaks to a chain`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out, error } = await command.run(system, []);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(error, /^error: .*--yes.*\n$/);
      assert.isEmpty(system.chainChoices);
    });
  });

  test(`${name} --yes asks nothing and sends once, terminal or not`, async () => {
    for (const answers of [undefined, []]) {
      await withWallet({ answers }, async ({ chain, system }) => {
        assert.equal((await command.run(system, ["--yes"])).code, 0);
        assert.deepEqual(chain.sent, [sends]);
      });
    }
  });

  test(`${name} --dry-run shows the same, needs no key and sends nothing`, async () => {
    let shown = "";
    await withWallet({ answers: ["y"] }, async ({ system }) => {
      shown = (await command.run(system, [])).out.split("Done\n")[0];
    });
    const surroundings = { wallet: { isWatchOnly: true }, chain: { instead: neverSends() } };
    await withWallet(surroundings, async ({ chain, system }) => {
      const { code, out, error } = await command.run(system, ["--dry-run"]);
      assert.deepEqual([code, error], [0, ""]);
      assert.equal(out, `${shown}nothing was sent\n`);
      assert.isTrue(chain.isClosed);
    });
  });

  test(`${name} --dry-run wins over --yes`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out } = await command.run(system, ["--yes", "--dry-run"]);
      assert.equal(code, 0);
      assert.match(out, /nothing was sent\n$/);
    });
  });

  test(`${name} --json writes the plan and the result, each as its schema says`, async () => {
    await withWallet({}, async ({ system }) => {
      const { code, out, error } = await command.run(system, ["--json", "--yes"]);
      assert.deepEqual([code, error], [0, ""]);
      const [plan, result, ...more] = jsonLines(out);
      assert.isEmpty(more);
      v.parse(command.plan, plan);
      v.parse(command.result, result);
      assert.equal(plan.dryRun, false);
    });
  });

  test(`${name} --json --dry-run writes the plan alone`, async () => {
    await withWallet({ chain: { instead: neverSends() } }, async ({ system }) => {
      const { code, out, error } = await command.run(system, ["--json", "--dry-run"]);
      assert.deepEqual([code, error], [0, "nothing was sent\n"]);
      const [plan, ...more] = jsonLines(out);
      assert.isEmpty(more);
      v.parse(command.plan, plan);
      assert.equal(plan.dryRun, true);
    });
  });

  test(`${name} --json still shows a person what is asked, on stderr`, async () => {
    await withWallet({ answers: ["n"] }, async ({ system }) => {
      const { code, out, error } = await command.run(system, ["--json"]);
      assert.equal(code, 1);
      assert.lengthOf(jsonLines(out), 1);
      assert.match(error, /^ {2}chain +test$/m);
      assert.match(error, /nothing was sent\n$/);
    });
  });

  for (const read of command.reads) {
    test(`${name} sends nothing when ${read}() is not answered`, async () => {
      const lost = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
      const chainOptions = { instead: { ...neverSends(), [read]: lost } };
      await withWallet({ answers: [], chain: chainOptions }, async ({ chain, system }) => {
        const { code, out, error } = await command.run(system, []);
        assert.deepEqual([code, out, error], [1, "", "error: the connection broke\n"]);
        assert.isEmpty(system.questions);
        assert.isTrue(chain.isClosed);
      });
    });
  }

  test(`${name} sends nothing when the connection breaks after the yes`, async () => {
    const lost = (): Promise<never> => Promise.reject(new WeftError("the connection broke"));
    const chainOptions = { instead: { ...neverSends(), head: lost } };
    await withWallet({ answers: ["y"], chain: chainOptions }, async ({ system }) => {
      const { code, error } = await command.run(system, []);
      assert.deepEqual([code, error], [1, "error: the connection broke\n"]);
    });
  });

  test(`${name} passes a refusal on as it is, and does not try again`, async () => {
    const sent: string[] = [];
    const refuse = (): Promise<never> => {
      sent.push(sends);
      return Promise.reject(new WeftError("the chain says no"));
    };
    const chainOptions = { instead: { [sends]: refuse } };
    await withWallet({ answers: ["y"], chain: chainOptions }, async ({ chain, system }) => {
      const { code, out, error } = await command.run(system, []);
      assert.deepEqual([code, error], [1, "error: the chain says no\n"]);
      assert.notInclude(out, "Done");
      assert.deepEqual(sent, [sends]);
      assert.isTrue(chain.isClosed);
    });
  });

  test(`${name} says how to look when no one knows what became of it, and sends once`, async () => {
    const sent: string[] = [];
    const vanish = (): Promise<never> => {
      sent.push(sends);
      return Promise.reject(new UnknownOutcomeError("the node went away", EXTRINSIC_HASH, 1000));
    };
    const chainOptions = { instead: { [sends]: vanish } };
    await withWallet({ answers: ["y"], chain: chainOptions }, async ({ system }) => {
      const { code, out, error } = await command.run(system, []);
      assert.equal(code, 1);
      assert.notInclude(out, "Done");
      assert.match(error, /^error: the node went away [^\n]*\n$/);
      for (const part of [EXTRINSIC_HASH, "after 1000", look]) assert.include(error, part);
      assert.deepEqual(sent, [sends]);
    });
  });

  test(`${name} counts a failure that no one foresaw as maybe carried out`, async () => {
    const fail = (): Promise<never> => Promise.reject(new TypeError("x is undefined"));
    const chainOptions = { instead: { [sends]: fail } };
    await withWallet({ answers: ["y"], chain: chainOptions }, async ({ system }) => {
      const { code, error } = await command.run(system, []);
      assert.equal(code, 1);
      assert.match(error, /^error: [^\n]*x is undefined[^\n]*\n$/);
      for (const part of ["may have been carried out", "after 1000", look]) {
        assert.include(error, part);
      }
    });
  });

  test(`${name} has succeeded even when the new balance cannot be read`, async () => {
    await withWallet({}, async ({ chain, system }) => {
      const before = chain.balance.bind(chain);
      chain.balance = (address) =>
        chain.sent.length > 0 ? Promise.reject(new WeftError("gone")) : before(address);
      const { code, out, error } = await command.run(system, ["--yes"]);
      assert.equal(code, 0);
      assert.include(out, "Done\n");
      assert.match(error, /^warning: it is done, .*\(gone\)/);
      assert.include(error, look);
    });
  });

  test(`${name} has succeeded even when the chain does not close`, async () => {
    const close = (): Promise<never> => Promise.reject(new WeftError("stuck"));
    await withWallet({ chain: { instead: { close } } }, async ({ system }) => {
      const { code, error } = await command.run(system, ["--yes"]);
      assert.deepEqual([code, error], [0, ""]);
    });
  });

  test(`${name} sends nothing with a keyfile that is not the one it has shown`, async () => {
    await readyKeys();
    const eve = publicRecordOf(Keypair.fromUri("//Eve").publicKey);
    const plenty = 1000n * TAO;
    const instead = {
      ...neverSends(),
      balance: () => Promise.resolve({ freeRao: plenty, transferableRao: plenty }),
      stakesOf: () => Promise.resolve([{ netuid: 9, hotkey: BOB, stakeAlphaRao: plenty }]),
      ownerOf: () => Promise.resolve(eve.ss58Address),
    };
    await withWallet({ chain: { instead } }, async ({ system }) => {
      const file = join(system.walletsDir, "default", "coldkeypub.txt");
      Deno.writeFileSync(file, writeKeyRecord(eve));
      const { code, error } = await command.run(system, ["--yes"]);
      assert.equal(code, 1);
      assert.match(error, new RegExp(`${ALICE}.*${eve.ss58Address}: nothing was sent`));
    });
  });
}
