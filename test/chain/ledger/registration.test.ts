import { test } from "#test";
import { assert } from "chai";
import type { Caller } from "../../../core/chain/ledger/calls.ts";
import { caller, fund, fundedLedger, NETUID, refused, TAO, type TestLedger } from "./setup.ts";
import { burnRao, existingSubnet } from "../../../core/chain/ledger/subnets.ts";

function price(ledger: TestLedger): bigint {
  return ledger.inState((state) => burnRao(state, existingSubnet(state, NETUID)));
}

function registerFor(
  ledger: TestLedger,
  coldkey: Caller,
  hotkey: Caller,
  limitRao: bigint,
  netuid = NETUID,
): number | undefined {
  const registration = { netuid, hotkey: hotkey.address, limitRao };
  return ledger.call(coldkey, { call: "register_limit", registration });
}

test("a registration costs the price, which is burned, and gives the next uid", () => {
  const { ledger, coldkey } = fundedLedger();
  assert.equal(ledger.register(coldkey, caller(1)), 0);
  assert.equal(ledger.register(coldkey, caller(2)), 1);
  ledger.inState((state) => {
    assert.equal(state.header.burnedRao, 1_000_000n + 1_260_000n);
    assert.equal(state.accounts.get(coldkey.address)?.freeRao, 1000n * TAO - 2_260_000n);
    assert.equal(state.owners.get(caller(1).address), coldkey.address);
  });
});

test("every registration in one block costs 1.26 times the one before", () => {
  const { ledger, coldkey } = fundedLedger();
  let expected = 1_000_000n;
  for (let i = 1; i <= 30; i++) {
    assert.equal(price(ledger), expected);
    ledger.register(coldkey, caller(i));
    expected = expected * 126n / 100n;
  }
});

test("the price halves within its half-life", async () => {
  const { ledger, coldkey } = fundedLedger({ burnHalfLifeBlocks: 10, minBurnRao: 0n });
  ledger.register(coldkey, caller(1));
  await ledger.passBlocks(10);
  // Ten times less than a rao is cut off, and the factor has 32 binary digits.
  assert.approximately(Number(price(ledger)), 630_000, 11);
});

test("a registration on the decayed price starts its decay anew", async () => {
  const { ledger, coldkey } = fundedLedger({ minBurnRao: 0n });
  await ledger.passBlocks(100);
  const decayed = price(ledger);
  ledger.register(coldkey, caller(1));
  assert.equal(price(ledger), decayed * 126n / 100n);
  await ledger.passBlocks(1);
  assert.isTrue(price(ledger) < decayed * 126n / 100n);
});

test("a limit below the price is refused, and one of the price is enough", () => {
  const { ledger, coldkey } = fundedLedger();
  const message = refused(
    "RegistrationPriceLimitExceeded",
    () => registerFor(ledger, coldkey, caller(1), 999_999n),
  );
  assert.include(message, "0.001 TAO");
  assert.equal(registerFor(ledger, coldkey, caller(1), 1_000_000n), 0);
});

test("the root subnet takes no registrations", () => {
  const { ledger, coldkey } = fundedLedger();
  refused(
    "RegistrationNotPermittedOnRootSubnet",
    () => registerFor(ledger, coldkey, caller(1), TAO, 0),
  );
});

test("a subnet that is not there is named, with those that are", () => {
  const { ledger, coldkey } = fundedLedger();
  const message = refused(
    "SubnetNotExists",
    () => registerFor(ledger, coldkey, caller(1), TAO, 5),
  );
  assert.include(message, "0, 9");
});

test("a subnet that takes no registrations says so", () => {
  const { ledger, coldkey } = fundedLedger({ registrationAllowed: false });
  refused("SubNetRegistrationDisabled", () => ledger.register(coldkey, caller(1)));
});

test("a hotkey that is registered already is told its uid", () => {
  const { ledger, coldkey } = fundedLedger();
  ledger.register(coldkey, caller(1));
  ledger.register(coldkey, caller(2));
  const message = refused(
    "HotKeyAlreadyRegisteredInSubNet",
    () => ledger.register(coldkey, caller(2)),
  );
  assert.include(message, "uid 1");
});

test("a coldkey must live on after it paid", () => {
  const { ledger } = fundedLedger();
  const poor = caller(50);
  fund(ledger, poor, 1_000_000n + 499n);
  refused("NotEnoughBalanceToStake", () => ledger.register(poor, caller(1)));
  fund(ledger, poor, 1n);
  assert.equal(ledger.register(poor, caller(1)), 0);
});

test("a coldkey that the ledger never met has nothing to pay with", () => {
  const { ledger } = fundedLedger();
  const message = refused(
    "NotEnoughBalanceToStake",
    () => ledger.register(caller(7), caller(1)),
  );
  assert.include(message, "has 0 TAO");
});

test("a hotkey of another coldkey is refused, and nothing is paid", () => {
  const { ledger, coldkey } = fundedLedger();
  const other = caller(60);
  fund(ledger, other, TAO);
  // Known to the ledger by another subnet's registration.
  ledger.inState((state) => state.owners.put(caller(1).address, coldkey.address));
  const before = ledger.dump();
  refused("NonAssociatedColdKey", () => ledger.register(other, caller(1)));
  assert.deepEqual(ledger.dump(), before);
});

test("a hotkey keeps its coldkey after it lost its slot", async () => {
  const { ledger, coldkey } = fundedLedger({ maxNeuronCount: 1, immunityBlocks: 0 });
  ledger.register(coldkey, caller(1));
  await ledger.passBlocks(1);
  ledger.register(coldkey, caller(2));
  const other = caller(60);
  fund(ledger, other, TAO);
  refused("NonAssociatedColdKey", () => ledger.register(other, caller(1)));
});

test("a refused registration leaves the price as it was", () => {
  const { ledger, coldkey } = fundedLedger();
  ledger.register(coldkey, caller(1));
  const before = price(ledger);
  refused("HotKeyAlreadyRegisteredInSubNet", () => ledger.register(coldkey, caller(1)));
  assert.equal(price(ledger), before);
});

test("a subnet without slots takes no one", () => {
  const { ledger, coldkey } = fundedLedger({ maxNeuronCount: 0 });
  refused("NoNeuronIdAvailable", () => ledger.register(coldkey, caller(1)));
});

test("the checks come in Subtensor's order", () => {
  const { ledger } = fundedLedger({ registrationAllowed: false });
  const stranger = caller(70);
  // Everything is wrong at once: no money, no permission, a limit too low.
  refused(
    "RegistrationPriceLimitExceeded",
    () => registerFor(ledger, stranger, caller(1), 0n),
  );
  refused("SubNetRegistrationDisabled", () => registerFor(ledger, stranger, caller(1), TAO));
});
