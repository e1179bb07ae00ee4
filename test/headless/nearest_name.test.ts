import { test } from "#test";
import { assert } from "chai";
import { nearestName } from "../../headless/nearest_name.ts";

const NAMES = ["wallet.name", "wallet.hotkey", "seed", "seq", "steps", "gpu.backend"];

test("nearestName() finds a name with letters swapped, missing, wrong or too many", () => {
  for (const typed of ["setps", "stps", "stebs", "stepps"]) {
    assert.equal(nearestName(typed, NAMES), "steps");
  }
});

test("nearestName() takes dots, dashes, underscores and case for equal", () => {
  for (const typed of ["wallet_name", "wallet-name", "WALLET.NAME"]) {
    assert.equal(nearestName(typed, NAMES), "wallet.name");
  }
});

test("nearestName() finds a name by its last part if only one has it", () => {
  assert.equal(nearestName("hotkey", NAMES), "wallet.hotkey");
  assert.isUndefined(nearestName("name", ["wallet.name", "hotkey.name"]));
});

test("nearestName() prefers the nearest of several near ones", () => {
  assert.equal(nearestName("seqq", NAMES), "seq");
});

test("nearestName() does not guess from afar", () => {
  for (const typed of ["", "x", "frobnicate", "wallet"]) {
    assert.isUndefined(nearestName(typed, NAMES));
  }
});
