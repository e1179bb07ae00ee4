import { test } from "#test";
import { assert } from "chai";
import {
  Admission,
  type AdmissionSettings,
  PUBLISHED_ADMISSION,
} from "../../../core/compute/axon/admission.ts";
import { EXPLOITERS, TRUSTED_VALIDATORS } from "../../../core/compute/axon/known_hotkeys.ts";
import { isAddress } from "../../../core/wallet/address.ts";
import { neuronOf } from "./neurons.ts";

const [RICH, POOR, STRANGER] = ["rich", "poor", "stranger"];
function admission(settings: Partial<AdmissionSettings> = {}): Admission {
  const made = new Admission({ ...PUBLISHED_ADMISSION, ...settings });
  made.update({
    neurons: [
      neuronOf({ hotkey: RICH, stakeTao: 1024, coldkey: "cold rich" }),
      neuronOf({ hotkey: POOR, stakeTao: 1023.999, coldkey: "cold poor" }),
      neuronOf({ hotkey: EXPLOITERS[0], stakeTao: 5000 }),
    ],
  });
  return made;
}

const CASES: readonly (readonly [string, Partial<AdmissionSettings>, string | null, string?])[] = [
  ["a validator with enough stake may ask", {}, RICH],
  ["a little less is not enough", {}, POOR, "Not enough stake!"],
  ["a little less is enough if stake does not matter", { whitelistNotEnoughStake: true }, POOR],
  ["who is not registered is unknown", {}, STRANGER, "Unrecognized hotkey"],
  ["nobody is unknown", {}, null, "Unrecognized hotkey"],
  [
    "a hotkey on the operator's list may not ask",
    { blacklistHotkeys: [RICH] },
    RICH,
    "Blacklisted hotkey",
  ],
  [
    "a coldkey on the operator's list may not ask with any hotkey",
    { blacklistColdkeys: ["cold rich"] },
    RICH,
    "Blacklisted coldkey",
  ],
  ["a coldkey that is trusted needs no stake", { whitelistColdkeys: ["cold poor"] }, POOR],
  ["who is on both lists may ask", { blacklistHotkeys: [RICH], whitelistHotkeys: [RICH] }, RICH],
  ["who is listed may ask without being registered", { whitelistHotkeys: [STRANGER] }, STRANGER],
  ["a trusted validator may ask without being registered", {}, TRUSTED_VALIDATORS[0]],
  [
    "an exploiter may not ask",
    {},
    EXPLOITERS[0],
    `Blacklisted a Challenge request from an exploiter hotkey: ${EXPLOITERS[0]}`,
  ],
  [
    "an exploiter may ask where that does not matter",
    { blacklistExploiters: false },
    EXPLOITERS[0],
  ],
];
for (const [name, settings, hotkey, reason] of CASES) {
  test(name, () => {
    assert.equal(admission(settings).reasonAgainst(hotkey, "Challenge"), reason);
  });
}

test("before there is a metagraph only those may ask who are listed", () => {
  const made = new Admission(PUBLISHED_ADMISSION);
  assert.equal(made.reasonAgainst(RICH, "Specs"), "Unrecognized hotkey");
  assert.isUndefined(made.reasonAgainst(TRUSTED_VALIDATORS[10], "Specs"));
});

test("priority is the stake and what the kind of request adds", () => {
  const made = admission();
  assert.equal(made.priority(RICH, "Specs"), 1025);
  assert.equal(made.priority(RICH, "Challenge"), 1026);
  assert.equal(made.priority(RICH, "Allocate"), 1027);
  assert.equal(made.priority(TRUSTED_VALIDATORS[0], "Challenge"), 2);
});

test("all known hotkeys are addresses, none twice", () => {
  const all = [...TRUSTED_VALIDATORS, ...EXPLOITERS];
  assert.isTrue(all.every(isAddress));
  assert.equal(new Set(all).size, 27);
});
