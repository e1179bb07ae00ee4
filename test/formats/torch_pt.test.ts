import { assert } from "chai";
import { unzipSync } from "fflate";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import {
  bfloat16Tensor,
  DTYPES,
  float32Tensor,
  type HostTensor,
  tensorSizeBytes,
  tensorToFloat32,
  tensorToInt32,
} from "../../core/formats/dtype.ts";
import { readTorchTensor, writeTorchTensor } from "../../core/formats/torch_pt.ts";
import { damage, randomBytes, readFixture, seededRandom } from "./fixtures.ts";
import { archive, op, pickle, tensorArchive, tensorOps, utf8 } from "./torch_archive.ts";

const BF16_VALUES = [1, -2.5, 3.140625, 0.5, 65536, -0.0078125];
/** The shortest pickle that torch's weights_only reader accepts for bf16 [2, 3]. */
const MINIMAL_PICKLE = "800263746f7263682e5f7574696c730a5f72656275696c645f74656e736f725f7632" +
  "0a2828580700000073746f7261676563746f7263680a42466c6f6174313653746f726167650a5801000000305803" +
  "0000006370754b0674514b004b024b03864b034b01868963636f6c6c656374696f6e730a4f726465726564446963" +
  "740a295274522e";

function values(bytes: Uint8Array): number[] {
  return [...tensorToFloat32(readTorchTensor(bytes))];
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(() => readTorchTensor(bytes), WeftError, message);
}

/** The place of a zip record's signature, from the end. */
function findRecord(bytes: Uint8Array, signature: number): number {
  const view = new DataView(bytes.buffer);
  for (let at = bytes.length - 4; at >= 0; at--) {
    if (view.getUint32(at, true) === signature) return at;
  }
  throw new Error("no such record");
}

for (const name of ["bf16_2x3", "minimal_bf16_2x3", "file_named"]) {
  test(`PyTorch's ${name}.pt is read`, async () => {
    const tensor = readTorchTensor(await readFixture(`./samples/${name}.pt`));
    assert.strictEqual(tensor.dtype, "bf16");
    assert.deepEqual(tensor.shape, [2, 3]);
    assert.deepEqual([...tensorToFloat32(tensor)], BF16_VALUES);
  });
}

test("PyTorch's f32_1x2.pt is read", async () => {
  const tensor = readTorchTensor(await readFixture("./samples/f32_1x2.pt"));
  assert.deepEqual(tensor.shape, [1, 2]);
  assert.deepEqual([...tensorToFloat32(tensor)], [0.5, 1.25]);
});

test("PyTorch's int64_1x8.pt is read", async () => {
  const tensor = readTorchTensor(await readFixture("./samples/int64_1x8.pt"));
  assert.deepEqual(tensor.shape, [1, 8]);
  assert.deepEqual([...tensorToInt32(tensor)], [1, 2, 3, 128000, 50000, 0, 7, -1]);
});

test("the pickle PyTorch wrote lies in its file as it lies beside it", async () => {
  const files = unzipSync(await readFixture("./samples/bf16_2x3.pt"));
  assert.deepEqual(files["archive/data.pkl"], await readFixture("./samples/bf16_2x3.data.pkl"));
});

test("the written pickle is byte for byte the one torch was seen to accept", () => {
  const bytes = writeTorchTensor(bfloat16Tensor([2, 3], Float32Array.from(BF16_VALUES)));
  const written = unzipSync(bytes)["archive/data.pkl"];
  assert.strictEqual(written.toHex(), MINIMAL_PICKLE);
});

test("the written file holds what torch needs, stored", async () => {
  const ours = unzipSync(writeTorchTensor(bfloat16Tensor([2, 3], Float32Array.from(BF16_VALUES))));
  const accepted = unzipSync(await readFixture("./samples/minimal_bf16_2x3.pt"));
  assert.deepEqual(ours, accepted);
});

test("equal tensors give equal files", () => {
  const tensor = float32Tensor([2], Float32Array.of(1, 2));
  assert.deepEqual(writeTorchTensor(tensor), writeTorchTensor(tensor));
});

test("every dtype and rank from 0 to 5 survives", () => {
  const random = seededRandom(4);
  for (const dtype of DTYPES) {
    for (const shape of [[], [3], [2, 3], [1, 300, 2], [2, 1, 2, 3], [1, 2, 1, 3, 2], [4, 0]]) {
      const bytes = randomBytes(random, tensorSizeBytes(dtype, shape));
      const tensor: HostTensor = { dtype, shape, bytes };
      assert.deepEqual(readTorchTensor(writeTorchTensor(tensor)), tensor, `${dtype} [${shape}]`);
    }
  }
});

test("sizes of one, two, four and more bytes are written and read", () => {
  for (const count of [255, 256, 65535, 65536, 70000]) {
    const tensor: HostTensor = { dtype: "u8", shape: [1, count], bytes: new Uint8Array(count) };
    assert.deepEqual(readTorchTensor(writeTorchTensor(tensor)).shape, [1, count]);
  }
});

test("an empty dimension does not hide sizes beyond 32 bits", () => {
  const shape = [0, 2 ** 31, 2 ** 40];
  const tensor: HostTensor = { dtype: "u8", shape, bytes: new Uint8Array(0) };
  assert.deepEqual(readTorchTensor(writeTorchTensor(tensor)).shape, shape);
});

test("a tensor whose bytes don't fit its shape is not written", () => {
  const tensor: HostTensor = { dtype: "f32", shape: [2], bytes: new Uint8Array(4) };
  assert.throws(() => writeTorchTensor(tensor), RangeError, "needs 8 bytes");
});

test("a contiguous tensor on a GPU with gradients is read", () => {
  const tail = [...op.yes, ...op.emptyDict];
  assert.deepEqual(values(tensorArchive({ tail })), [0, 1, 2, 3, 4, 5]);
});

test("a parameter is read as its tensor", () => {
  const parameter = [
    ...op.global("torch._utils", "_rebuild_parameter"),
    ...op.mark,
    ...tensorOps(),
    ...op.yes,
    ...op.none,
    ...op.tuple,
    ...op.reduce,
  ];
  assert.deepEqual(values(archive(pickle(parameter))), [0, 1, 2, 3, 4, 5]);
});

test("a slice is gathered from its whole storage", () => {
  const parts = { offset: 1, shape: [2, 2], strides: [3, 1] };
  assert.deepEqual(values(tensorArchive(parts)), [1, 2, 4, 5]);
});

test("a transposed tensor is gathered", () => {
  assert.deepEqual(values(tensorArchive({ shape: [3, 2], strides: [1, 3] })), [0, 3, 1, 4, 2, 5]);
});

test("an expanded tensor, of stride 0, is gathered", () => {
  assert.deepEqual(values(tensorArchive({ shape: [2, 2], strides: [0, 1] })), [0, 1, 0, 1]);
});

test("the stride of a dimension of size 1 does not matter", () => {
  assert.deepEqual(values(tensorArchive({ shape: [1, 2], strides: [900, 1] })), [0, 1]);
});

test("a slice that begins inside its storage is aligned for a typed view", () => {
  assert.deepEqual(values(tensorArchive({ offset: 3, shape: [3], strides: [1] })), [3, 4, 5]);
});

test("big-endian storage is swapped", () => {
  const data = new DataView(new ArrayBuffer(24));
  for (let i = 0; i < 6; i++) data.setFloat32(i * 4, i + 0.5, false);
  const bytes = archive(pickle(tensorOps()), {
    byteorder: Uint8Array.from(utf8("big")),
    "data/0": new Uint8Array(data.buffer),
  });
  assert.deepEqual(values(bytes), [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]);
});

test("a deflated file is read", () => {
  assert.deepEqual(values(archive(pickle(tensorOps()), {}, 9)), [0, 1, 2, 3, 4, 5]);
});

test("storage longer than described is fine, shorter is not", () => {
  const tensor = pickle(tensorOps());
  assert.deepEqual(values(archive(tensor, { "data/0": new Uint8Array(28) })), Array(6).fill(0));
  refuses(archive(tensor, { "data/0": new Uint8Array(23) }), /storage is shorter/);
});

test("reading leaves the file's bytes as they were", () => {
  const bytes = archive(pickle(tensorOps()), { byteorder: Uint8Array.from(utf8("big")) });
  const before = bytes.slice();
  readTorchTensor(bytes);
  assert.deepEqual(bytes, before);
});

test("a file without version is refused, as torch refuses it", () => {
  refuses(archive(pickle(tensorOps()), { version: undefined }), /no version/);
});

test("a file without the storage or with an unknown byte order is refused", () => {
  refuses(archive(pickle(tensorOps()), { "data/0": undefined }), /no entry data\/0/);
  const byteorder = Uint8Array.from(utf8("middle"));
  refuses(archive(pickle(tensorOps()), { byteorder }), /byte order/);
});

test("a file with two pickles or none is refused", () => {
  refuses(archive(pickle(tensorOps()), { "other/data.pkl": new Uint8Array(1) }), /has 2 entries/);
  refuses(archive(pickle(tensorOps()), { "data.pkl": undefined }), /has 0 entries/);
});

test("a storage key cannot walk out of the archive", () => {
  refuses(tensorArchive({ key: "../data.pkl" }), /not a number/);
});

test("huge sizes are refused without allocating", () => {
  refuses(tensorArchive({ shape: [2 ** 52, 2 ** 52], strides: [0, 0] }), /takes more than/);
  refuses(tensorArchive({ shape: [2 ** 31], strides: [0] }), /takes more than 1073741824 bytes/);
  refuses(tensorArchive({ storageCount: 2 ** 52 }), /takes more than/);
});

test("the caller's limit holds for the tensor and for its storage", () => {
  const whole = tensorArchive();
  assert.deepEqual(readTorchTensor(whole, { maxBytes: 24 }).shape, [2, 3]);
  assert.throws(() => readTorchTensor(whole, { maxBytes: 23 }), WeftError, "more than 23 bytes");
  const slice = tensorArchive({ shape: [1], strides: [1] });
  assert.throws(() => readTorchTensor(slice, { maxBytes: 23 }), WeftError, "more than 23 bytes");
});

test("a negative stride, offset, size or count is refused", () => {
  for (const parts of [{ strides: [-3, 1] }, { offset: -1 }, { shape: [-2, 3] }]) {
    refuses(tensorArchive(parts), /negative/);
  }
  refuses(tensorArchive({ storageCount: -1 }), /negative/);
});

test("a tensor that reaches one item past its storage is refused", () => {
  refuses(tensorArchive({ offset: 1 }), /past the end/);
  refuses(tensorArchive({ strides: [4, 1] }), /past the end/);
  refuses(tensorArchive({ strides: [2 ** 52, 1] }), /past the end/);
});

test("an empty tensor may point anywhere", () => {
  assert.deepEqual(values(tensorArchive({ shape: [0], strides: [1], offset: 100 })), []);
});

test("more than eight dimensions are refused", () => {
  const nine = Array(9).fill(1);
  refuses(tensorArchive({ shape: nine, strides: nine }), /9 dimensions/);
});

test("a tensor without a stride for every dimension is refused", () => {
  refuses(tensorArchive({ strides: [1] }), /one stride for every dimension/);
});

test("an archive entry that claims to inflate beyond the limit is refused before inflating", () => {
  const bytes = archive(pickle(tensorOps()), { "data/0": new Uint8Array(24) }, 9);
  const view = new DataView(bytes.buffer);
  const name = "archive/data/0";
  let at = 0;
  for (; view.getUint32(at, true) !== 0x02014b50; at++);
  while (new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name.length)) !== name) {
    at += 46 + view.getUint16(at + 28, true);
  }
  view.setUint32(at + 24, 0xfffffff0, true);
  refuses(bytes, /claims 4294967280 bytes/);
});

test("a pickle of more than 64 KiB is refused before it is inflated", () => {
  refuses(archive(new Uint8Array(65537), {}, 9), /data.pkl claims 65537 bytes/);
});

test("an archive of more than 32 entries is refused", () => {
  const many = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`data/${i}`, new Uint8Array(24)]),
  );
  refuses(archive(pickle(tensorOps()), many), /more than 32 entries/);
});

test("an archive whose directory counts 65535 entries is refused", () => {
  const bytes = tensorArchive();
  const view = new DataView(bytes.buffer);
  view.setUint16(findRecord(bytes, 0x06054b50) + 8, 0xffff, true);
  refuses(bytes, /zip archive/);
});

test("two entries of one name are refused", () => {
  const bytes = archive(pickle(tensorOps()), { "data/1": new Uint8Array(24) });
  for (let i = 0; i < bytes.length - 6; i++) {
    if (String.fromCharCode(...bytes.subarray(i, i + 6)) === "data/1") bytes[i + 5] = 0x30;
  }
  refuses(bytes, /two entries of the same name/);
});

test("an unknown packing method is refused", () => {
  const bytes = tensorArchive();
  new DataView(bytes.buffer).setUint16(findRecord(bytes, 0x02014b50) + 10, 12, true);
  refuses(bytes, /method 12/);
});

test("a file cut anywhere is refused", async () => {
  const whole = await readFixture("./samples/bf16_2x3.pt");
  for (let length = 0; length < whole.length; length++) refuses(whole.slice(0, length), /./);
});

test("bytes that are no archive at all are refused", () => {
  refuses(new Uint8Array(0), /zip archive/);
  refuses(new Uint8Array(1000), /zip archive/);
  refuses(new TextEncoder().encode("<?xml version='1.0'?><Error>AccessDenied</Error>"), /zip/);
});

test("sizes in a zip64 record are read", () => {
  assert.deepEqual(values(toZip64(tensorArchive())), [0, 1, 2, 3, 4, 5]);
});

test("damaged files fail with nothing but a WeftError of one line", async () => {
  const random = seededRandom(5);
  const good = await readFixture("./samples/bf16_2x3.pt");
  const deflated = archive(pickle(tensorOps()), {}, 9);
  for (let i = 0; i < 4000; i++) {
    const bytes = damage(random, i % 2 === 0 ? good : deflated);
    try {
      readTorchTensor(bytes, { maxBytes: 2 ** 20 });
    } catch (error) {
      assert.instanceOf(error, WeftError);
      assert.notInclude((error as WeftError).message, "\n");
    }
  }
});

/** Moves every size and offset of an archive's directory into zip64 records. */
function toZip64(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 22;
  const count = view.getUint16(end + 8, true);
  const start = view.getUint32(end + 16, true);
  const directory: number[] = [];
  for (let at = start; at < end;) {
    const nameLength = view.getUint16(at + 28, true);
    const header = bytes.slice(at, at + 46 + nameLength);
    const sizes = [24, 20, 42].map((field) => BigInt(view.getUint32(at + field, true)));
    for (const field of [24, 20, 42]) header.fill(0xff, field, field + 4);
    header[30] = 28;
    const extra = new Uint8Array(BigUint64Array.from(sizes).buffer);
    directory.push(...header, 1, 0, 24, 0, ...extra);
    at += 46 + nameLength;
  }
  const record = new DataView(new ArrayBuffer(56 + 20 + 22));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  record.setBigUint64(24, BigInt(count), true);
  record.setBigUint64(32, BigInt(count), true);
  record.setBigUint64(40, BigInt(directory.length), true);
  record.setBigUint64(48, BigInt(start), true);
  record.setUint32(56, 0x07064b50, true);
  record.setBigUint64(64, BigInt(start + directory.length), true);
  record.setUint32(72, 1, true);
  record.setUint32(76, 0x06054b50, true);
  for (const field of [84, 86]) record.setUint16(field, 0xffff, true);
  for (const field of [88, 92]) record.setUint32(field, 0xffffffff, true);
  return Uint8Array.from([
    ...bytes.subarray(0, start),
    ...directory,
    ...new Uint8Array(record.buffer),
  ]);
}
