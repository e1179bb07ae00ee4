import { test } from "#test";
import { assert } from "chai";
import { pythonJson } from "../../core/formats/python_json.ts";
import { readJson } from "../../core/formats/python_json_reader.ts";

/** Texts that Python wrote with `sort_keys`, which must come back as they are. */
const TEXTS = [
  "{}",
  '{"activation_uid": "u", "loss_value": 2.0}',
  '{"activation_uid": "u", "loss_value": 1e-07}',
  '{"expires_in": 3600, "path": "\\u00e9/\\ud83d\\ude00/\\u007f\\"\\\\/\\n.pt"}',
  '[{"a": {"y": [true, false], "z": 1}, "b": null, "layer": 1}]',
  '{"10": 1.0, "9": 0.5, "B": 2, "a": 1}',
  '{"n": 123456789012345678901234567890}',
  '{"__proto__": 1, "constructor": 2}',
  '{"lone": "\\ud800"}',
];

for (const text of TEXTS) {
  test(`what Python sends is signed as Python signs it: ${text}`, () => {
    assert.equal(pythonJson(readJson(text).asSent), text);
  });
}

test("numbers are numbers for a schema, whatever kind Python has", () => {
  assert.deepEqual(readJson('{"a": 2.0, "b": [1, 12345678901234567890]}').value, {
    a: 2,
    b: [1, 12345678901234567890],
  });
});

test("a key that is named as a prototype stays a key", () => {
  const { value } = readJson('{"__proto__": {"polluted": true}}');
  assert.deepEqual(Object.keys(value ?? {}), ["__proto__"]);
  assert.isUndefined(Object.getOwnPropertyDescriptor(Object.prototype, "polluted"));
});

for (const depth of [34, 5_000, 500_000]) {
  test(`a body nested ${depth} deep is refused`, () => {
    const text = "[".repeat(depth) + "]".repeat(depth);
    assert.throws(() => readJson(text), SyntaxError);
  });
}

for (const text of ["", "{", "NaN", '{"a": Infinity}', "{'a': 1}", "[1,]"]) {
  test(`${JSON.stringify(text)} is no JSON`, () => {
    assert.throws(() => readJson(text), SyntaxError);
  });
}
