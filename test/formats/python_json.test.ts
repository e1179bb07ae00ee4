import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { test } from "#test";
import { assert } from "chai";
import { type PythonData, PythonFloat, pythonJson } from "../../core/formats/python_json.ts";

const float = (value: number): PythonFloat => new PythonFloat(value);

/** Data, and the SHA-256 of the text that Python makes of it. */
const VECTORS: readonly (readonly [PythonData, string])[] = [
  [{}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
  [
    {
      status: "forward",
      activation_uid: "11111111-2222-4333-8444-555555555555",
      activation_path: "activations/abc/1/forward/x.pt",
    },
    "85870b2c5b4ea1df5f25553445f3bbf722f43e3d2f8457a88f3ca9966944f598",
  ],
  [
    { status: "forward", activation_uid: "u", activation_path: null },
    "f33c70d77c92a76befd7baff13d63e448aafd44561d744ef93cf3b3047afe2e6",
  ],
  [
    { activation_uid: "u", loss_value: float(2) },
    "997e50782ed19093f7fb34b78b82f2e8d0586ff56cd792853be03fa36b052045",
  ],
  [
    { activation_uid: "u", loss_value: float(1e-7) },
    "94b67ef1e5a6a3d3a08adb6bf23d8a083cca1bd7a81ee4d4fe2d3d339763c17c",
  ],
  [
    { activation_uid: "u", loss_value: float(1e-5) },
    "3708271b3a5793d68f0c50619a272edf35b0452cc7acf5bdcf23a2502dc3538b",
  ],
  [
    { activation_uid: "u", loss_value: float(1e-4) },
    "a5efdad2f04963aab4ce907a3da67f5879bfd723e73467491f08748f908a2b3e",
  ],
  [
    { activation_uid: "u", loss_value: float(11.765625) },
    "e8dc3460a4a59a5e4e72ad9ff37f73f56426fe55f6b1ea314243ea05c5d157b4",
  ],
  [
    { activation_uid: "u", loss_value: float(1e16) },
    "59811b9a8f091d8c521a7fea3350d8e46f50f5729099f8e014ad319940d4749d",
  ],
  [
    { activation_uid: "u", loss_value: float(1.2345678901234568e17) },
    "8976ed5b1ae836b3e73f6216be3569a1380fe00219beda371c420c6b50ec6bcd",
  ],
  [
    { expires_in: 3600, path: 'é/\u{1F600}/\x7f"\\/\n.pt' },
    "9774638a87caee7fee7b2d70d48cb72e185c78d09e8646d0642b6df56f23ef62",
  ],
  [
    {
      path: "activations/u/0/forward/f.pt",
      file_size: 1577,
      part_size: 104857600,
      expires_in: 3600,
    },
    "86d625f489b4df3757bf62bd7055c38a9eda03f93f1a8d45fc050746a82682f3",
  ],
  [
    {
      path: "p",
      upload_id: "up",
      parts: [{ PartNumber: 1, ETag: "e1" }, { PartNumber: 2, ETag: "e2" }],
    },
    "fc80a324224e33836f8c09b7e682bdfb99f1fe9c14e9365bd97536fe4a2eae3f",
  ],
  [
    [{ layer: 1, b: null, a: { z: 1, y: [true, false] } }],
    "567e6692882eadcfb46c8a91f1d9a937cc4e392e0c7a46a885139553f96fa0b4",
  ],
  [
    { a: 1, B: 2, "9": float(0.5), "10": float(1) },
    "f41c2a4b25921fab1c446428f277e61d5faeaca114c444c32801b8baa437f7ad",
  ],
];

for (const [data, hash] of VECTORS) {
  const text = pythonJson(data);
  test(`pythonJson() gives the published bytes: ${text}`, () => {
    assert.equal(bytesToHex(sha256(utf8ToBytes(text))), hash);
  });
}

/** Floats and what `repr` of CPython 3 says of them. */
const FLOATS: readonly (readonly [number, string])[] = [
  [0, "0.0"],
  [-0, "-0.0"],
  [1, "1.0"],
  [-1.5, "-1.5"],
  [100, "100.0"],
  [123456.789, "123456.789"],
  [0.1, "0.1"],
  [0.001, "0.001"],
  [0.00012, "0.00012"],
  [0.000099, "9.9e-05"],
  [-1.5e-10, "-1.5e-10"],
  [1e15, "1000000000000000.0"],
  [9999999999999998, "9999999999999998.0"],
  [1e22, "1e+22"],
  [1.5e300, "1.5e+300"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [NaN, "NaN"],
  [-Infinity, "-Infinity"],
];

for (const [value, text] of FLOATS) {
  test(`pythonJson() writes the float ${text}`, () => {
    assert.equal(pythonJson(float(value)), text);
  });
}

test("pythonJson() writes whole numbers plain, and minus zero, which Python's integers lack, as 0", () => {
  assert.equal(
    pythonJson([0, -0, -7, 2 ** 53 - 1, 2n ** 64n]),
    "[0, 0, -7, 9007199254740991, 18446744073709551616]",
  );
});

test("pythonJson() refuses a fraction that is not said to be a float, and what is not exact", () => {
  for (const value of [0.5, 2 ** 53, NaN]) assert.throws(() => pythonJson(value), TypeError);
});

test("pythonJson() sorts keys by code point, also where UTF-16 would not", () => {
  assert.equal(
    pythonJson({ "\u{1F600}": 1, "\uFFFD": 2, aa: 3, a: 4 }),
    '{"a": 4, "aa": 3, "\\ufffd": 2, "\\ud83d\\ude00": 1}',
  );
});

test("pythonJson() escapes control characters as Python does", () => {
  assert.equal(pythonJson("\b\f\r\t\0\x1f~"), '"\\b\\f\\r\\t\\u0000\\u001f~"');
});
