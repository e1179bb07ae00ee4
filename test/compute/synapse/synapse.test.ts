import { test } from "#test";
import { assert } from "chai";
import * as v from "valibot";
import {
  pythonBool,
  pythonInt,
  pythonList,
  pythonNumber,
  pythonWhole,
} from "../../../core/compute/synapse/python_fields.ts";
import {
  bodyHash,
  createSynapse,
  dumpSynapse,
  readSynapse,
  SynapseFormatError,
  type SynapseKind,
} from "../../../core/compute/synapse/synapse.ts";
import { ALLOCATE, CHALLENGE, PING, SPECS } from "../../../core/compute/synapse/synapses.ts";
import { PythonFloat, pythonJson } from "../../../core/formats/python_json.ts";
import { readJson } from "../../../core/formats/python_json_reader.ts";

const HASHED = {
  name: "Hashed",
  fields: { a: pythonInt, b: pythonList, c: v.optional(v.string(), "x") },
  hashFields: ["a", "b", "c"],
} as const satisfies SynapseKind;

test("the body hash of three fields is that of the real SDK", () => {
  const b = [1, "z", null, true, new PythonFloat(2)];
  assert.equal(
    bodyHash(createSynapse(HASHED, { a: 5, b, c: "é" })),
    "92222a1890b2e4db25e873d560e8163680955cf7a462fca852379947c160b979",
  );
});

for (const kind of [PING, CHALLENGE, SPECS, ALLOCATE]) {
  test(`the body hash of ${kind.name} is that of nothing, whatever it holds`, () => {
    assert.equal(
      bodyHash(readSynapse(kind, {})),
      "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
    );
  });
}

test("an empty body is a synapse of all defaults", () => {
  const terminal =
    '{"status_code": null, "status_message": null, "process_time": null, "ip": null, ' +
    '"port": null, "version": null, "nonce": null, "uuid": null, "hotkey": null, "signature": null}';
  assert.equal(
    pythonJson(dumpSynapse(readSynapse(ALLOCATE, {})), {
      sorted: false,
      ascii: true,
      compact: false,
    }),
    '{"name": "Allocate", "timeout": 12.0, "total_size": 0, "header_size": 0, ' +
      `"dendrite": ${terminal}, "axon": ${terminal}, "computed_body_hash": "", "timeline": 0, ` +
      '"device_requirement": {}, "checking": true, "output": {}, "public_key": "", ' +
      '"docker_requirement": {"base_image": "ubuntu", "ssh_key": "", "ssh_port": 4444, ' +
      '"volume_path": "/tmp", "dockerfile": ""}, "docker_change": false, ' +
      '"docker_action": {"action": "", "ssh_key": "", "key_type": ""}}',
  );
});

test("the name in a body does not matter", () => {
  assert.equal(dumpSynapse(readSynapse(SPECS, { name: "Other" })).name, "Specs");
});

test("nulls of a body stay nulls", () => {
  const { timeout, totalSize, axon } = readSynapse(PING, {
    timeout: null,
    total_size: null,
    axon: null,
  });
  assert.deepEqual([timeout, totalSize, axon.ip], [null, null, null]);
});

test("a nonce past 2^53 loses no digit", () => {
  const data = readJson('{"dendrite": {"nonce": 1795374500052680447}}').asSent;
  assert.equal(readSynapse(PING, data).dendrite.nonce, 1795374500052680447n);
});

test("a synapse that is none is refused with the field's name", () => {
  assert.throws(
    () => readSynapse(CHALLENGE, { challenge_difficulty: "zz" }),
    SynapseFormatError,
    "Challenge.challenge_difficulty: a whole number is expected",
  );
});

/** What pydantic 2 takes for an `int` of a model, and what it refuses. */
const INTS: readonly (readonly [unknown, unknown])[] = [
  [7, 7],
  ["7", 7],
  [" 7 ", 7],
  ["+7", 7],
  ["1_000", 1000],
  [true, 1],
  [new PythonFloat(7), 7],
  [2n ** 64n, 2n ** 64n],
  ["18446744073709551616", 2n ** 64n],
  [new PythonFloat(7.5), undefined],
  ["7.5", undefined],
  ["", undefined],
  ["0x10", undefined],
  ["٣", undefined],
  [null, undefined],
  [[], undefined],
  [new PythonFloat(NaN), undefined],
  [new PythonFloat(Infinity), undefined],
];
for (const [given, expected] of INTS) {
  test(`an int is made of ${nameOf(given)}: ${nameOf(expected)}`, () => {
    assert.deepEqual(v.safeParse(pythonInt, given).output, expected ?? given);
    assert.equal(v.is(pythonInt, given), expected !== undefined);
  });
}

test("int() cuts a fraction off", () => {
  assert.equal(v.parse(pythonWhole, new PythonFloat(-7.9)), -7);
});

test("a text of a million digits is not read as a number", () => {
  assert.isFalse(v.is(pythonWhole, "9".repeat(1e6)));
});

for (const text of ["30", "30.0", ".5", "5.", "1e3", " 1 "]) {
  test(`float() reads "${text}"`, () => assert.equal(v.parse(pythonNumber, text), Number(text)));
}

for (const text of ["", "x", "1e999", "NaN", "inf", "0x1", "1_0"]) {
  test(`"${text}" is no number of seconds`, () => assert.isFalse(v.is(pythonNumber, text)));
}

for (const [given, expected] of [["yes", true], ["OFF", false], [1, true], [0, false]] as const) {
  test(`${JSON.stringify(given)} is ${expected}`, () => {
    assert.equal(v.parse(pythonBool, given), expected);
  });
}

test("two is neither true nor false", () => assert.isFalse(v.is(pythonBool, 2)));

function nameOf(data: unknown): string {
  if (data instanceof PythonFloat) return `the float ${data.value}`;
  return typeof data === "bigint" ? `${data}` : JSON.stringify(data) ?? "nothing";
}
