import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import { asPython } from "../../../core/iota/api/signed_body.ts";
import { ROUTES } from "../../../core/iota/api/routes.ts";
import { pythonJson } from "../../../core/formats/python_json.ts";

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
