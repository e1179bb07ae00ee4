import { assert } from "chai";
import { test } from "#test";
import { Keypair } from "../../core/wallet/keypair.ts";
import { readyKeys } from "../../core/wallet/ready.ts";
import { ALICE, DEV, hex } from "./fixtures.ts";

// Each test file has its own modules, so the first test here finds the library not started.
test("a keypair made before readyKeys is a fault of the program", () => {
  const makers = [
    () => Keypair.fromMnemonic(DEV.phrase),
    () => Keypair.fromSeed(hex(DEV.seed)),
    () => Keypair.fromUri("//Alice"),
    () => Keypair.fromPrivateKey(hex(DEV.privateKey)),
  ];
  for (const make of makers) assert.throws(make, Error, "readyKeys");
});

test("readyKeys may be awaited again and again, also at once", async () => {
  await Promise.all([readyKeys(), readyKeys()]);
  await readyKeys();
  assert.strictEqual(Keypair.fromUri("//Alice").address, ALICE.address);
});
