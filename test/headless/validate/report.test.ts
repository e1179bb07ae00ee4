/**
 * What a person and a program see of a validator.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import type {
  ValidationEvent,
  ValidatorEvent,
} from "../../../core/iota/gradient_validator/events.ts";
import { ValidateReport } from "../../../headless/validate/report.ts";
import { fakeScreen } from "../fake_screen.ts";

const HOTKEY = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const UNIX_MS = Date.UTC(2026, 10, 23, 7, 8, 9);

const VALIDATION: ValidationEvent = {
  ...{ kind: "validation", event: "activation", unixMs: UNIX_MS, hotkey: HOTKEY, layer: 1 },
  ...{ direction: "forward", uid: "0123456789abcdef", is_valid: true, score: 0.99876 },
  ...{ reason: "passed", likeness: null, problem: null },
};

function shown(event: ValidatorEvent, isJson = false): string {
  const fake = fakeScreen();
  new ValidateReport(fake.screen, isJson).show(event);
  assert.equal(fake.error(), "");
  return fake.out().trimEnd();
}

test("a pass is a line with time, batch, score and reason", () => {
  assert.equal(shown(VALIDATION), "07:08:09  forward 01234567   0.9988  passed");
});

test("a failure says what went wrong", () => {
  const line = shown({
    ...VALIDATION,
    ...{ is_valid: false, score: 0, reason: "error-during-forward-pass", problem: "no zip" },
  });
  assert.equal(line, "07:08:09  forward 01234567   0.0000  error-during-forward-pass: no zip");
});

test("where nothing was judged there is no score", () => {
  const line = shown({ ...VALIDATION, score: 0, reason: "no-validation-possible" });
  assert.equal(line, "07:08:09  forward 01234567           no-validation-possible");
});

test("an upload is told without a batch", () => {
  const line = shown({ ...VALIDATION, event: "weights", direction: null, uid: null });
  assert.equal(line, "07:08:09  weights            0.9988  passed");
});

const OTHERS: readonly [ValidatorEvent, string][] = [
  [{ kind: "registered", unixMs: UNIX_MS, version: "v7" }, "registered with the orchestrator v7"],
  [{ kind: "registered", unixMs: UNIX_MS, version: null }, "registered with the orchestrator"],
  [
    { kind: "tracking", unixMs: UNIX_MS, hotkey: HOTKEY, layer: 2 },
    `tracking ${HOTKEY} on layer 2`,
  ],
  [{ kind: "scores", unixMs: UNIX_MS, scores: { 7: -3 } }, "submitted score -3 of uid 7"],
  [{ kind: "scores", unixMs: UNIX_MS, scores: {} }, "submitted no score"],
  [{ kind: "weights set", unixMs: UNIX_MS, uids: [1, 2, 209] }, "set the weights of 3 uids"],
];

for (const [event, line] of OTHERS) {
  test(`"${line}" is a line with its time`, () => {
    assert.equal(shown(event), `07:08:09  ${line}`);
  });
}

test("with --json each event is one object", () => {
  assert.deepEqual(JSON.parse(shown(VALIDATION, true)), { ...VALIDATION });
});
