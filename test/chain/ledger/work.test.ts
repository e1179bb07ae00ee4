import { bytesToHex } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { blockHashBytes } from "../../../core/chain/ledger/block_time.ts";
import type { Caller } from "../../../core/chain/ledger/calls.ts";
import { boundHashOf, meetsDifficulty, sealOf } from "../../../core/formats/registration_seal.ts";
import { caller, fundedLedger, NETUID, refused, TestLedger } from "./setup.ts";

/** A nonce and its work for a block of the ledger. */
function solve(
  ledger: TestLedger,
  hotkey: Caller,
  blockNumber: number,
  difficulty: bigint,
): { nonce: bigint; workHex: string } {
  const hash = ledger.inState((state) => blockHashBytes(state.genesisHash, blockNumber));
  const boundHash = boundHashOf(hash, hotkey.publicKey);
  for (let nonce = 0n;; nonce++) {
    const work = sealOf(boundHash, nonce);
    if (meetsDifficulty(work, difficulty, "little")) return { nonce, workHex: bytesToHex(work) };
  }
}

function register(
  ledger: TestLedger,
  hotkey: Caller,
  coldkey: Caller,
  blockNumber: number,
  { nonce, workHex }: { nonce: bigint; workHex: string },
): number | undefined {
  const work = { netuid: NETUID, coldkey: coldkey.address, blockNumber, nonce, workHex };
  return ledger.call(hotkey, { call: "register", registration: work });
}

test("work registers a hotkey for any coldkey, costs nothing and leaves the price", () => {
  const ledger = new TestLedger({ difficulty: 10n });
  const [hotkey, coldkey] = [caller(1), caller(2)];
  const work = solve(ledger, hotkey, 0, 10n);
  assert.equal(register(ledger, hotkey, coldkey, 0, work), 0);
  ledger.inState((state) => {
    assert.equal(state.owners.get(hotkey.address), coldkey.address);
    assert.equal(state.header.burnedRao, 0n);
    assert.equal(state.subnets.get(String(NETUID))?.burnRao, 1_000_000n);
  });
});

test("work for a block is taken for three blocks and no longer", async () => {
  const ledger = new TestLedger({ difficulty: 10n });
  await ledger.passBlocks(10);
  const [early, late] = [caller(1), caller(2)];
  const works = [early, late].map((hotkey) => solve(ledger, hotkey, 10, 10n));
  await ledger.passBlocks(2);
  assert.equal(register(ledger, early, caller(9), 10, works[0]), 0);
  await ledger.passBlocks(1);
  refused("InvalidWorkBlock", () => register(ledger, late, caller(9), 10, works[1]));
});

test("work for a block to come is refused", () => {
  const ledger = new TestLedger({ difficulty: 10n });
  const work = solve(ledger, caller(1), 1, 10n);
  refused("InvalidWorkBlock", () => register(ledger, caller(1), caller(9), 1, work));
});

test("work that is too easy is refused", () => {
  const ledger = new TestLedger({ difficulty: 2n ** 60n });
  const work = solve(ledger, caller(1), 0, 10n);
  refused("InvalidDifficulty", () => register(ledger, caller(1), caller(9), 0, work));
});

test("another's work is refused, and so is another nonce's", () => {
  const ledger = new TestLedger({ difficulty: 10n });
  const work = solve(ledger, caller(1), 0, 10n);
  refused("InvalidSeal", () => register(ledger, caller(2), caller(9), 0, work));
  const next = { ...work, nonce: work.nonce + 1n };
  refused("InvalidSeal", () => register(ledger, caller(1), caller(9), 0, next));
});

test("work is used once, even after its neuron was replaced", () => {
  const ledger = new TestLedger({ difficulty: 10n, maxNeuronCount: 1, immunityBlocks: 0 });
  const first = solve(ledger, caller(1), 0, 10n);
  register(ledger, caller(1), caller(9), 0, first);
  register(ledger, caller(2), caller(9), 0, solve(ledger, caller(2), 0, 10n));
  refused("WorkRepeated", () => register(ledger, caller(1), caller(9), 0, first));
});

test("used work is forgotten when its block is too old to be used again", async () => {
  const ledger = new TestLedger({ difficulty: 10n });
  register(ledger, caller(1), caller(9), 0, solve(ledger, caller(1), 0, 10n));
  await ledger.passBlocks(3);
  register(ledger, caller(2), caller(9), 3, solve(ledger, caller(2), 3, 10n));
  assert.lengthOf(ledger.inState((state) => state.usedWork.entries()), 1);
});

test("a subnet may refuse work and take money", () => {
  const { ledger, coldkey } = fundedLedger({ powRegistrationAllowed: false, difficulty: 10n });
  const work = solve(ledger, caller(1), 0, 10n);
  refused("SubNetRegistrationDisabled", () => register(ledger, caller(1), coldkey, 0, work));
  assert.equal(ledger.register(coldkey, caller(1)), 0);
});

test("work does not move a hotkey to another coldkey", () => {
  const { ledger, coldkey } = fundedLedger({ difficulty: 10n });
  ledger.inState((state) => state.owners.put(caller(1).address, coldkey.address));
  const work = solve(ledger, caller(1), 0, 10n);
  refused("NonAssociatedColdKey", () => register(ledger, caller(1), caller(9), 0, work));
});
