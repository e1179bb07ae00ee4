import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { asPython, readJson } from "../../../core/iota/api/signed_body.ts";
import { pythonJson } from "../../../core/iota/python_json.ts";

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

test("a model's float is one even if it is whole", () => {
  const schema = ROUTES.reportLoss.body;
  const body = v.parse(schema, { activation_uid: "u", loss_value: 2 });
  assert.equal(pythonJson(asPython(schema, body)), '{"activation_uid": "u", "loss_value": 2.0}');
});

test("a model's whole numbers stay whole, and its defaults are signed", () => {
  const schema = ROUTES.initiateUpload.body;
  const body = v.parse(schema, { path: "p", file_size: 1577 });
  assert.equal(
    pythonJson(asPython(schema, body)),
    '{"expires_in": 3600, "file_size": 1577, "part_size": 104857600, "path": "p"}',
  );
});

test("scores are floats by their uid", () => {
  const schema = ROUTES.submitScores.body;
  assert.equal(
    pythonJson(asPython(schema, v.parse(schema, { 10: 1, 9: 0.5, 2: -3 }))),
    '{"10": 1.0, "2": -3.0, "9": 0.5}',
  );
});

test("a list of partitions is signed with every field, nulls included", () => {
  const schema = ROUTES.partitionsUploaded.body;
  const chunk = { chunk_start_idx: 0, chunk_end_idx: 5, chunk_length: 5 };
  const [partition] = v.parse(schema, [{ layer: 0, weight_data: chunk, chunk_number: "all" }]);
  assert.equal(
    pythonJson(asPython(schema, [partition])),
    '[{"chunk_number": "all", "layer": 0, "miner_hotkey": null, "optimizer_state_data": null, ' +
      '"optimizer_state_metadata_path": null, "optimizer_state_path": null, ' +
      '"other_miner_hotkey": null, "weight_data": {"chunk_dtype": "bfloat16", ' +
      '"chunk_end_byte": null, "chunk_end_idx": 5, "chunk_length": 5, "chunk_start_byte": null, ' +
      '"chunk_start_idx": 0}, "weight_metadata_path": null, "weight_path": null}]',
  );
});

test("a number in a union is of the option that takes it", () => {
  const schema = v.union([v.literal("all"), v.pipe(v.number(), v.integer())]);
  assert.equal(pythonJson(asPython(schema, 3)), "3");
});
