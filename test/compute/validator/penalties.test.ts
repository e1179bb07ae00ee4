import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import {
  penaltyCounts,
  readPenalties,
  writePenalties,
} from "../../../core/compute/validator/penalties.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";

const ENTRY = { hotkey: ALICE.address, statusCode: "PORT_CLOSED", description: 'no "door"' };

test("a list is written as the published program does, and read again", () => {
  const text = writePenalties([ENTRY]);
  assert.deepEqual(JSON.parse(text), [
    { hotkey: ALICE.address, status_code: "PORT_CLOSED", description: 'no "door"' },
  ]);
  assert.deepEqual(readPenalties(text), [ENTRY]);
});

test("a hotkey is written once, with what it did first", () => {
  const again = { ...ENTRY, statusCode: "SSH_ACCESS_DISABLED" };
  assert.deepEqual(readPenalties(writePenalties([ENTRY, again])), [ENTRY]);
});

test("a hotkey that is in a list twice counts once, one that is in two lists twice", () => {
  const other = { ...ENTRY, hotkey: BOB.address };
  const counts = penaltyCounts([[ENTRY, ENTRY], [ENTRY, other], []]);
  assert.deepEqual([...counts], [[ALICE.address, 2], [BOB.address, 1]]);
});

for (
  const text of ["", "{}", "null", '["5A"]', '[{"hotkey":"5A"}]', '[{"status_code":"X"}]', "[[]]"]
) {
  test(`${text === "" ? "nothing" : text} is refused as a list`, () => {
    assert.throws(() => readPenalties(text), WeftError);
  });
}
