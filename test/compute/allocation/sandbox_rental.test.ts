/**
 * A sandbox that is rented through Allocate: who gets it, who may use it, and when that ends.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type { AllocationDesk } from "../../../core/compute/allocation/allocation_desk.ts";
import { SANDBOX_RENTAL, SandboxRental } from "../../../core/compute/allocation/sandbox_rental.ts";
import {
  ALICE,
  ALICE_KEY,
  ask,
  type Asked,
  BOB,
  BOB_KEY,
  change,
  DAY_MS,
  DeskSetup,
  FREE,
  IS_FREE,
  IS_HELD,
  plain,
} from "./allocation_setup.ts";

const WANTED = { device_requirement: { sandbox: true } };
const RENT: Asked = { fields: WANTED };
const IS_SANDBOX_FREE: Asked = { fields: { ...WANTED, checking: true } };

/** A desk that lends containers and the sandbox. */
class Setup extends DeskSetup {
  /** Tenants that were ended, and why. */
  readonly ended: string[] = [];

  open(): Promise<AllocationDesk> {
    const end = (tenant: string, reason = "it is over"): void => {
      this.ended.push(`${tenant}: ${reason}`);
    };
    const lent = new SandboxRental({ sandbox: { end }, axonPort: 8091 });
    return this.desk({
      rentals: [this.rental, lent],
      choose: ({ sandbox }) => sandbox ? lent : this.rental,
    });
  }
}

function users(desk: AllocationDesk): string[] {
  return [ALICE, BOB].filter((hotkey) => desk.mayUse(SANDBOX_RENTAL, hotkey));
}

test("who asks for the sandbox gets it, with the published fields", async () => {
  const desk = await new Setup().open();
  const { status, info } = await ask(desk, RENT);
  assert.isTrue(status);
  assert.deepEqual(await ALICE_KEY.open(info), {
    ...{ username: "sandbox", password: "", port: 8091, version: 183 },
  });
  assert.deepEqual(users(desk), [ALICE]);
});

test("without Docker, who does not ask for the sandbox is told that there is nothing", async () => {
  const setup = new Setup();
  setup.rental.obstacleNow = "there is no Docker";
  const desk = await setup.open();
  assert.deepEqual(await ask(desk, IS_FREE), plain(false));
  assert.deepEqual(await ask(desk), plain(false));
  assert.deepEqual(await ask(desk, IS_SANDBOX_FREE), plain(true));
});

for (const sandbox of [false, null, 0, ""]) {
  test(`${JSON.stringify(sandbox)} asks for no sandbox`, async () => {
    const setup = new Setup();
    const desk = await setup.open();
    await ask(desk, { fields: { device_requirement: { sandbox } } });
    assert.lengthOf(setup.rental.orders, 1);
    assert.isEmpty(users(desk));
  });
}

test("a container's renter may send no jobs", async () => {
  const desk = await new Setup().open();
  await ask(desk);
  assert.isEmpty(users(desk));
});

test("machine and sandbox are lent to one renter at a time", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  for (const fields of [{}, WANTED]) {
    const bob = { fields: { ...fields, public_key: BOB_KEY.pem }, hotkey: BOB };
    assert.deepEqual(await ask(desk, bob), plain(false));
    assert.deepEqual(
      await ask(desk, { ...bob, fields: { ...bob.fields, checking: true } }),
      plain(false),
    );
  }
  assert.isEmpty(setup.rental.orders);
  assert.deepEqual(users(desk), [ALICE]);
});

test("a container that is lent keeps the sandbox from being lent", async () => {
  const desk = await new Setup().open();
  await ask(desk, { hotkey: BOB, fields: { public_key: BOB_KEY.pem } });
  assert.deepEqual(await ask(desk, RENT), plain(false));
});

test("a freed sandbox ends its tenant, whose jobs are refused then", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  assert.deepEqual(await ask(desk, FREE), plain(true));
  assert.isEmpty(users(desk));
  assert.deepEqual(setup.ended, [`${ALICE}: it is over`]);
});

test("another's Allocate frees nothing", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  assert.deepEqual(await ask(desk, { ...FREE, hotkey: BOB }), plain(false));
  assert.deepEqual(users(desk), [ALICE]);
  assert.isEmpty(setup.ended);
});

test("jobs are refused from the moment the days are over, before the desk looks", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  await setup.time.pass(DAY_MS);
  assert.isEmpty(users(desk));
  await desk.tidy();
  assert.deepEqual(setup.ended, [`${ALICE}: it is over`]);
  assert.deepEqual(await ask(desk, IS_SANDBOX_FREE), plain(true));
});

test("a paused sandbox takes no jobs, and is still lent", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  assert.deepEqual(await ask(desk, change({ action: "pause" })), plain(true));
  assert.isEmpty(users(desk));
  assert.deepEqual(setup.ended, [`${ALICE}: the reservation is paused`]);
  assert.deepEqual(await ask(desk, IS_SANDBOX_FREE), plain(false));
  assert.deepEqual(await ask(desk, change({ action: "unpause" })), plain(true));
  assert.deepEqual(users(desk), [ALICE]);
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
});

test("a restart ends the jobs and keeps the reservation", async () => {
  const setup = new Setup();
  const desk = await setup.open();
  await ask(desk, RENT);
  assert.deepEqual(await ask(desk, change({ action: "restart" })), plain(true));
  assert.deepEqual(setup.ended, [`${ALICE}: the sandbox is restarted`]);
  assert.deepEqual(users(desk), [ALICE]);
});

test("a sandbox has no SSH key to exchange", async () => {
  const desk = await new Setup().open();
  await ask(desk, RENT);
  const action = { action: "exchange_key", ssh_key: "ssh-ed25519 A", key_type: "user" };
  assert.deepEqual(await ask(desk, change(action)), plain(false));
  assert.deepEqual(users(desk), [ALICE]);
});

test("a restarted process knows who holds the sandbox, and ends it in time", async () => {
  const setup = new Setup();
  await ask(await setup.open(), RENT);
  const desk = await setup.open();
  assert.deepEqual(users(desk), [ALICE]);
  assert.deepEqual(await ask(desk, IS_HELD), plain(true));
  assert.deepEqual(await ask(desk, { ...RENT, hotkey: BOB }), plain(false));
  assert.deepEqual(await ask(desk, FREE), plain(true));
  assert.deepEqual(setup.ended, [`${ALICE}: it is over`]);
});

test("a restarted process knows that the sandbox is paused", async () => {
  const setup = new Setup();
  const first = await setup.open();
  await ask(first, RENT);
  await ask(first, change({ action: "pause" }));
  const desk = await setup.open();
  assert.isEmpty(users(desk));
  assert.deepEqual(await ask(desk, change({ action: "unpause" })), plain(true));
  assert.deepEqual(users(desk), [ALICE]);
});

test("a machine that lends no sandbox says no to who wants one, and tells no operator off", async () => {
  const setup = new Setup();
  const desk = await setup.desk({
    choose: ({ sandbox }) => sandbox ? undefined : setup.rental,
  });
  assert.deepEqual(await ask(desk, RENT), plain(false));
  assert.match(setup.log.lines.join(), /^info: a renter wants a sandbox/);
});
