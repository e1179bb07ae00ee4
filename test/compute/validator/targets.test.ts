import { test } from "#test";
import { assert } from "chai";
import { minerTargets, type TargetSettings } from "../../../core/compute/validator/targets.ts";
import { neuronOf } from "../axon/neurons.ts";

const PUBLISHED: TargetSettings = {
  ...{ blacklistHotkeys: [], blacklistColdkeys: [], minimalVersion: 183, updatedThreshold: 60 },
  onePerAddress: true,
};

function asked(
  miners: readonly (readonly [string, string, number?])[],
  settings: Partial<TargetSettings> = {},
): string[] {
  const neurons = miners.map(([hotkey, ip, version = 183], uid) =>
    neuronOf({ hotkey, uid, coldkey: `cold ${hotkey}`, axon: { ip, port: 8091, version } })
  );
  return minerTargets(neurons, "own", { ...PUBLISHED, ...settings }).map(({ hotkey }) => hotkey);
}

test("who serves no axon is not asked", () => {
  assert.isEmpty(minerTargets([neuronOf({ hotkey: "a" })], "own", PUBLISHED));
});

test("who serves nowhere is not asked", () => {
  assert.deepEqual(asked([["a", "0.0.0.0"], ["b", "192.0.2.1"]]), ["b"]);
});

test("a validator does not ask itself", () => {
  assert.deepEqual(asked([["own", "192.0.2.1"], ["b", "192.0.2.2"]]), ["b"]);
});

test("of an address only the first is asked", () => {
  assert.deepEqual(asked([["a", "192.0.2.1"], ["b", "192.0.2.1"], ["c", "192.0.2.2"]]), ["a", "c"]);
});

test("all of an address are asked where that is wanted", () => {
  const miners = [["a", "127.0.0.1"], ["b", "127.0.0.1"]] as const;
  assert.deepEqual(asked(miners, { onePerAddress: false }), ["a", "b"]);
});

test("hotkeys and coldkeys of the operator's lists are not asked", () => {
  const miners = [["a", "192.0.2.1"], ["b", "192.0.2.2"], ["c", "192.0.2.3"]] as const;
  const lists = { blacklistHotkeys: ["a"], blacklistColdkeys: ["cold b"] };
  assert.deepEqual(asked(miners, lists), ["c"]);
});

test("old versions are not asked", () => {
  assert.deepEqual(asked([["a", "192.0.2.1", 182], ["b", "192.0.2.2"]]), ["b"]);
});

test("old versions are asked where so many share addresses that few are left", () => {
  const shared = [["a", "192.0.2.1", 182], ["b", "192.0.2.1"], ["c", "192.0.2.1"]] as const;
  assert.deepEqual(asked([...shared, ["d", "192.0.2.2"], ["e", "192.0.2.2"]]), ["a", "d"]);
});
