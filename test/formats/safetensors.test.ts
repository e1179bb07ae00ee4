import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import {
  DTYPES,
  float32Tensor,
  type HostTensor,
  tensorSizeBytes,
  tensorToFloat32,
} from "../../core/formats/dtype.ts";
import { readSafetensors, writeSafetensors } from "../../core/formats/safetensors.ts";
import { damage, randomBytes, readFixture, seededRandom } from "./fixtures.ts";

/** A file with this header and so many zero bytes of data. */
function file(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const out = new Uint8Array(8 + json.length + dataBytes);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 8);
  return out;
}

function entry(dtype: string, shape: unknown, begin: unknown, end: unknown): unknown {
  return { dtype, shape, data_offsets: [begin, end] };
}

function pick(bytes: Uint8Array, name: string): HostTensor {
  const tensor = readSafetensors(bytes).tensors.get(name);
  if (!tensor) throw new Error(`no tensor ${name}`);
  return tensor;
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => readSafetensors(bytes), WeftError, message);
}

test("a file written by PyTorch's side is read with its metadata", async () => {
  const bytes = await readFixture("../golden/iota-tiny-f32.safetensors");
  const { tensors, metadata } = readSafetensors(bytes);
  assert.strictEqual(metadata.dtype, "f32");
  const tokens = tensors.get("tokens");
  assert.strictEqual(tokens?.dtype, "i32");
  assert.strictEqual(tokens?.shape.length, 2);
});

test("reading copies nothing: the tensors are views into the file", async () => {
  const bytes = await readFixture("../golden/iota-odd-bf16.safetensors");
  for (const tensor of readSafetensors(bytes).tensors.values()) {
    assert.strictEqual(tensor.bytes.buffer, bytes.buffer);
  }
});

test("rewriting a foreign file keeps every tensor and the metadata", async () => {
  const original = readSafetensors(await readFixture("../golden/iota-odd-bf16.safetensors"));
  const again = readSafetensors(writeSafetensors(original.tensors, original.metadata));
  assert.deepEqual(again.metadata, original.metadata);
  assert.strictEqual(again.tensors.size, original.tensors.size);
  for (const [name, tensor] of original.tensors) assert.deepEqual(again.tensors.get(name), tensor);
});

test("every dtype and rank from 0 to 5 survives", () => {
  const random = seededRandom(2);
  const tensors = new Map<string, HostTensor>();
  for (const dtype of DTYPES) {
    for (const shape of [[], [3], [2, 3], [1, 2, 3], [2, 1, 2, 3], [1, 2, 1, 3, 2], [4, 0]]) {
      const bytes = randomBytes(random, tensorSizeBytes(dtype, shape));
      tensors.set(`${dtype}.${shape.join("x")}`, { dtype, shape, bytes });
    }
  }
  const { tensors: read } = readSafetensors(writeSafetensors(tensors));
  assert.strictEqual(read.size, tensors.size);
  for (const [name, tensor] of tensors) assert.deepEqual(read.get(name), tensor, name);
});

test("written tensors lie aligned to their items, whatever the names' length", () => {
  for (let length = 1; length < 9; length++) {
    const odd: HostTensor = { dtype: "u8", shape: [3], bytes: new Uint8Array(3) };
    const bytes = writeSafetensors(
      new Map([["a".repeat(length), odd], ["z", float32Tensor([1], Float32Array.of(7))]]),
    );
    assert.strictEqual(pick(bytes, "z").bytes.byteOffset % 8, 0);
  }
});

test("equal contents give equal bytes, in whatever order they are handed over", () => {
  const a = float32Tensor([1], Float32Array.of(1));
  const b = float32Tensor([1], Float32Array.of(2));
  assert.deepEqual(
    writeSafetensors(new Map([["a", a], ["b", b]])),
    writeSafetensors(new Map([["b", b], ["a", a]])),
  );
});

test("names that mean something to JavaScript are names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "0", "", "ünï", 'quote"d'];
  const tensors = new Map(
    names.map((name, i) => [name, float32Tensor([1], Float32Array.of(i))]),
  );
  const bytes = writeSafetensors(tensors);
  for (const [i, name] of names.entries()) {
    assert.deepEqual([...tensorToFloat32(pick(bytes, name))], [i], name);
  }
});

test("a file without tensors is whole", () => {
  const { tensors, metadata } = readSafetensors(writeSafetensors(new Map(), { step: "3" }));
  assert.strictEqual(tensors.size, 0);
  assert.deepEqual(metadata, { step: "3" });
});

test("tensors out of order in the header are fine", () => {
  const bytes = file({ b: entry("U8", [1], 1, 2), a: entry("U8", [1], 0, 1) }, 2);
  assert.deepEqual([...readSafetensors(bytes).tensors.keys()], ["a", "b"]);
});

test("a reader's view at an odd offset of a larger buffer works", () => {
  const whole = writeSafetensors(new Map([["a", float32Tensor([2], Float32Array.of(1, 2))]]));
  const shifted = new Uint8Array(whole.length + 3);
  shifted.set(whole, 3);
  assert.deepEqual([...tensorToFloat32(pick(shifted.subarray(3), "a"))], [1, 2]);
});

test("fewer than eight bytes are cut short", () => {
  for (let length = 0; length < 8; length++) refuses(new Uint8Array(length), /cut short/);
});

test("a header length beyond 100 MB is refused before anything is read", () => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, 100_000_001n, true);
  refuses(bytes, /at most 100000000/);
  bytes.fill(0xff, 0, 8);
  refuses(bytes, /claims 18446744073709551615 bytes/);
});

test("a header that ends behind the file is cut short", () => {
  refuses(file({}, 0).subarray(0, 9), /cut short/);
});

test("a header that is no JSON object is refused", () => {
  for (const header of ["", "{", "[]", "null", "3", '"a"', "{}x"]) {
    refuses(file(header, 0), /header is not/);
  }
});

test("a header that is not UTF-8 is refused", () => {
  const bytes = file('{"ab":1}', 0);
  bytes[10] = 0xff;
  refuses(bytes, /UTF-8/);
});

test("an entry with missing, extra or wrong fields is refused by name", () => {
  const bad = [
    1,
    null,
    [],
    {},
    { dtype: "U8", shape: [1] },
    { dtype: "U8", shape: [1], data_offsets: [0, 1], more: 1 },
    entry("U8", "1", 0, 1),
    entry("U8", [-1], 0, 1),
    entry("U8", [0.5], 0, 1),
    entry("U8", [1], -1, 0),
    entry("U8", [1], "0", 1),
    { dtype: 8, shape: [1], data_offsets: [0, 1] },
    { dtype: "U8", shape: [1], data_offsets: [0, 1, 2] },
  ];
  for (const value of bad) refuses(file({ w: value }, 1), /entry of tensor "w"/);
});

test("an unknown dtype is refused, and so is one in lower case", () => {
  for (const dtype of ["F8_E4M3", "U64", "f32", "constructor", ""]) {
    refuses(file({ w: entry(dtype, [1], 0, 1) }, 1), /unknown dtype; known are F64, F32/);
  }
});

test("a size that is not what the shape says is refused", () => {
  refuses(file({ w: entry("F32", [2], 0, 4) }, 4), /takes 4 bytes/);
  refuses(file({ w: entry("F32", [], 0, 0) }, 0), /takes 0 bytes/);
  refuses(file({ w: entry("U8", [1], 1, 0) }, 1), /takes -1 bytes/);
});

test("a shape whose product overflows is refused", () => {
  refuses(file({ w: entry("U8", [2 ** 40, 2 ** 40], 0, 1) }, 1), /beyond all bounds/);
});

test("tensors that overlap are refused", () => {
  const header = { a: entry("U8", [2], 0, 2), b: entry("U8", [2], 1, 3) };
  refuses(file(header, 3), /"b" overlaps/);
});

test("a hole between tensors, before the first or after the last is refused", () => {
  refuses(file({ a: entry("U8", [1], 0, 1), b: entry("U8", [1], 2, 3) }, 3), /"b" leaves a hole/);
  refuses(file({ a: entry("U8", [1], 1, 2) }, 2), /"a" leaves a hole/);
  refuses(file({ a: entry("U8", [1], 0, 1) }, 2), /1 bytes at the end/);
});

test("tensors beyond the end of the file are cut short", () => {
  refuses(file({ a: entry("U8", [4], 0, 4) }, 3), /need 4 bytes but 3 are there/);
});

test("metadata that is not text is refused", () => {
  refuses(file({ __metadata__: { a: 1 } }, 0), /__metadata__/);
  refuses(file({ __metadata__: "a" }, 0), /__metadata__/);
});

test("a tensor cannot be written under the metadata's name", () => {
  const tensors = new Map([["__metadata__", float32Tensor([0], new Float32Array(0))]]);
  assert.throws(() => writeSafetensors(tensors), RangeError, "__metadata__");
});

test("a tensor whose bytes don't fit its shape is not written", () => {
  const tensors = new Map<string, HostTensor>([
    ["a", { dtype: "i64", shape: [1], bytes: new Uint8Array(4) }],
  ]);
  assert.throws(() => writeSafetensors(tensors), RangeError, "needs 8 bytes");
});

test("a name of a megabyte does not fill the message", () => {
  const bytes = file({ ["n".repeat(1_000_000)]: 1 }, 0);
  assert.throws(() => readSafetensors(bytes), WeftError, /^.{1,300}$/);
});

test("random and damaged files fail with nothing but a WeftError of one line", () => {
  const random = seededRandom(3);
  const good = writeSafetensors(
    new Map([["a", float32Tensor([2], Float32Array.of(1, 2))]]),
    { k: "v" },
  );
  for (let i = 0; i < 3000; i++) {
    const bytes = i % 4 === 0
      ? randomBytes(random, Math.floor(random() * 64))
      : damage(random, good);
    try {
      readSafetensors(bytes);
    } catch (error) {
      assert.instanceOf(error, WeftError);
      assert.notInclude((error as WeftError).message, "\n");
    }
  }
});
