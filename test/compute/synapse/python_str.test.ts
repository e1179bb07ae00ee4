import { test } from "#test";
import { assert } from "chai";
import { pythonStr } from "../../../core/compute/synapse/python_str.ts";
import { type PythonData, PythonFloat } from "../../../core/formats/python_json.ts";

const float = (value: number): PythonFloat => new PythonFloat(value);

/** Data, and what CPython 3.11's `str` makes of them. */
const VECTORS: readonly (readonly [PythonData, string])[] = [
  [5, "5"],
  [-0, "0"],
  [2n ** 70n, "1180591620717411303424"],
  [float(2), "2.0"],
  [float(-0), "-0.0"],
  [float(1e16), "1e+16"],
  [float(1e-7), "1e-07"],
  [float(Infinity), "inf"],
  [float(-Infinity), "-inf"],
  [float(NaN), "nan"],
  [true, "True"],
  [false, "False"],
  [null, "None"],
  ["it's \n é", "it's \n é"],
  [[], "[]"],
  [{}, "{}"],
  [[1, "z", null, true, float(2)], "[1, 'z', None, True, 2.0]"],
  [["it's"], `["it's"]`],
  [['say "hi"'], `['say "hi"']`],
  [["both ' and \""], `['both \\' and "']`],
  [["tab\tnew\nline\\"], "['tab\\tnew\\nline\\\\']"],
  [["\x00\x7f\x85\xa0\xad"], "['\\x00\\x7f\\x85\\xa0\\xad']"],
  [["é😀\u200b\u2028"], "['é😀\\u200b\\u2028']"],
  [["\u{e0001}"], "['\\U000e0001']"],
  [{ a: [1, null], "b'": {} }, `{'a': [1, None], "b'": {}}`],
];

for (const [data, expected] of VECTORS) {
  test(`Python's str gives ${JSON.stringify(expected)}`, () => {
    assert.equal(pythonStr(data), expected);
  });
}
