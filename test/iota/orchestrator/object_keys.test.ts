import { test } from "#test";
import { assert } from "chai";
import {
  activationKey,
  boundsOfKey,
  ownerOfKey,
  parseActivationKey,
} from "../../../core/iota/orchestrator/object_keys.ts";

const UID = "3f2b8c1e-9d4a-4c55-8f0e-1b2a3c4d5e6f";

test("the key of an activation is read, and written back as it was", () => {
  const key = `activations/${UID}/12/backward/${UID}.pt`;
  const parsed = parseActivationKey(key);
  assert.deepEqual(parsed, { uid: UID, layer: 12, direction: "backward", name: UID });
  assert.equal(parsed && activationKey(parsed), key);
});

for (
  const key of [
    "",
    "activations",
    "activations/u/0/forward",
    "activations/u/0/forward/x",
    "activations/u/0/forward/.pt",
    "activations/u/0/forward/x.pt/y.pt",
    "activations/u/0/sideways/x.pt",
    "activations/u/-1/forward/x.pt",
    "activations/u/01/forward/x.pt",
    "activations/u/1e3/forward/x.pt",
    "activations/a.b/0/forward/x.pt",
    "activations//0/forward/x.pt",
    "activations/../0/forward/x.pt",
    "weights/u/0/forward/x.pt",
    " activations/u/0/forward/x.pt",
  ]
) {
  test(`"${key}" is no key of an activation`, () => {
    assert.isUndefined(parseActivationKey(key));
  });
}

test("weights, optimizer state and both their metadata belong to the hotkey in their key", () => {
  assert.equal(ownerOfKey("weights/5Miner/6/0/x.pt"), "5Miner");
  assert.equal(ownerOfKey("optimizer_state/5Miner/6/0/x.pt"), "5Miner");
  assert.equal(ownerOfKey("metadata/weights/5Miner/6/0/x.json"), "5Miner");
  assert.equal(ownerOfKey("metadata/optimizer_state/5Miner/6/0/x.json"), "5Miner");
});

for (
  const key of [
    "weights/5Miner",
    "weights/5Miner/",
    "x/weights/5Miner/y",
    "metadata/5Miner/y",
    "metadata/other/5Miner/y",
    "merged/5Miner/y",
  ]
) {
  test(`"${key}" belongs to nobody`, () => assert.isUndefined(ownerOfKey(key)));
}

test("weights may be larger than activations, and metadata less", () => {
  const [weights, activation, metadata] = ["weights/a/b", "activations/a", "metadata/weights/a/b"]
    .map((key) => boundsOfKey(key).maxBytes);
  assert.deepEqual([weights, activation, metadata], [16e9, 1e9, 64e6]);
});
