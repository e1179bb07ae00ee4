import { assert } from "chai";
import { test } from "#test";
import { WeftError } from "../../core/errors.ts";
import { type PickleValue, readPickle } from "../../core/formats/pickle.ts";
import { readTensorPickle } from "../../core/formats/torch_pickle.ts";
import { randomBytes, readFixture, seededRandom } from "./fixtures.ts";
import { NO_HOOKS, op, pickle, REBUILD, tensorOps, utf8 } from "./torch_archive.ts";

const ALLOWED = new Set(["torch.FloatStorage"]);

function read(ops: readonly number[]): PickleValue {
  return readPickle(pickle(ops), ALLOWED);
}

function refuses(ops: readonly number[], message: RegExp): void {
  assert.throws(() => read(ops), WeftError, message);
}

function refusesTensor(ops: readonly number[], message: RegExp): void {
  assert.throws(() => readTensorPickle(pickle(ops)), WeftError, message);
}

test("integers of every opcode keep their value and sign", () => {
  assert.strictEqual(read([0x4b, 255]), 255);
  assert.strictEqual(read([0x4d, 0, 255]), 65280);
  assert.strictEqual(read([0x4a, 0xfe, 0xff, 0xff, 0xff]), -2);
  assert.strictEqual(read([0x8a, 0]), 0);
  assert.strictEqual(read([0x8a, 1, 0xff]), -1);
  assert.strictEqual(read([0x8a, 2, 0xff, 0]), 255);
  assert.strictEqual(read(op.int(2 ** 53 - 1)), 2 ** 53 - 1);
});

test("an integer beyond 2^53 is refused", () => {
  refuses(op.int(2 ** 53), /beyond 2\^53/);
  refuses([0x8a, 255, ...Array(255).fill(0x7f)], /beyond 2\^53/);
});

test("strings are UTF-8, a byte order mark included", () => {
  assert.strictEqual(read(op.text("\ufeffwärme ☀")), "\ufeffwärme ☀");
  assert.strictEqual(read([0x8c, 2, ...utf8("ä")]), "ä");
  refuses([0x8c, 1, 0xe4], /UTF-8/);
});

test("tuples of every length keep their order", () => {
  const [one, two, three] = [[0x4b, 1], [0x4b, 2], [0x4b, 3]];
  assert.deepEqual(read([0x29]), []);
  assert.deepEqual(read([...one, 0x85]), [1]);
  assert.deepEqual(read([...one, ...two, 0x86]), [1, 2]);
  assert.deepEqual(read([...one, ...two, ...three, 0x87]), [1, 2, 3]);
  assert.deepEqual(read(op.ints([4, 5, 6, 7])), [4, 5, 6, 7]);
  assert.deepEqual(read([0x28, ...one, 0x28, ...two, 0x74, 0x74]), [1, [2]]);
});

test("the memo gives values back by short and long index and by order", () => {
  assert.deepEqual(read([0x4b, 7, 0x71, 3, 0x68, 3, 0x86]), [7, 7]);
  assert.deepEqual(read([0x4b, 7, 0x72, 1, 2, 3, 4, 0x6a, 1, 2, 3, 4, 0x86]), [7, 7]);
  assert.deepEqual(read([0x4b, 7, 0x94, 0x4b, 8, 0x94, 0x68, 1, 0x87]), [7, 8, 8]);
});

test("a memo entry that was never stored is refused", () => {
  refuses([0x68, 0], /never stored/);
});

test("every protocol from 2 to 5 is read, others are not", () => {
  for (const version of [2, 3, 4, 5]) {
    assert.strictEqual(readPickle(Uint8Array.of(0x80, version, 0x4e, 0x2e), ALLOWED), null);
  }
  for (const start of [[0x80, 1], [0x80, 6], [0x4e, 0x2e]]) {
    const bytes = Uint8Array.of(...start, 0x4e, 0x2e);
    assert.throws(() => readPickle(bytes, ALLOWED), WeftError, "protocol");
  }
});

test("a global by the stack, as protocol 4 writes it, passes the same list", () => {
  const ops = [...op.text("torch"), ...op.text("FloatStorage"), 0x93];
  assert.deepEqual(read(ops), { kind: "global", name: "torch.FloatStorage" });
  refuses([...op.text("os"), ...op.text("system"), 0x93], /"os\.system", which is not allowed/);
});

test("os.system is refused by name before any argument is looked at", () => {
  const command = [...op.text("true"), 0x85, ...op.reduce];
  refuses([...op.global("os", "system"), ...command], /"os\.system", which is not allowed/);
  refusesTensor([...op.global("posix", "system"), ...command], /"posix\.system"/);
});

test("names close to allowed ones are refused", () => {
  for (const name of ["FloatStorage ", "floatStorage", "FloatStorage.__init__", ""]) {
    refuses(op.global("torch", name), /not allowed/);
  }
  refuses(op.global("torch.FloatStorage", ""), /not allowed/);
  refuses(op.global("builtins", "eval"), /not allowed/);
});

test("opcodes a tensor does not need are refused by number", () => {
  // INST, OBJ, BUILD, NEWOBJ, EXT1, APPEND, SETITEM and one that is not assigned.
  for (const opcode of [0x69, 0x6f, 0x62, 0x81, 0x82, 0x61, 0x73, 0xff]) {
    refuses([opcode, 0, 0], new RegExp(`opcode 0x${opcode.toString(16)}`));
  }
});

test("a stack deeper than 64 is refused", () => {
  refuses(Array(65).fill(0x4e), /beyond 64/);
  refuses(Array(1000).fill(0x28), /beyond 64/);
});

test("a tuple nested a thousand times does not exhaust the machine", () => {
  let depth = 0;
  let value = read([0x4e, ...Array(1000).fill(0x85)]);
  while (Array.isArray(value)) {
    value = value[0];
    depth++;
  }
  assert.strictEqual(depth, 1000);
});

test("a pickle that doubles itself through the memo stays small", () => {
  const doubling = Array.from({ length: 200 }, () => [0x71, 0, 0x68, 0, 0x86]).flat();
  assert.isArray(read([0x4e, ...doubling]));
  refusesTensor([0x4e, ...doubling], /something else/);
});

test("a pickle cut short anywhere is refused", async () => {
  const whole = await readFixture("./samples/bf16_2x3.data.pkl");
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => readTensorPickle(whole.slice(0, length)), WeftError, "Not a usable pickle");
  }
});

test("a string longer than the pickle is refused", () => {
  refuses([0x58, 0xff, 0xff, 0xff, 0xff, 0x61], /cut short/);
});

test("taking from an empty stack is refused", () => {
  for (const ops of [[], [0x85], [0x52], [0x51], [0x71, 0], [0x74], [0x28]]) {
    refuses(ops, /empty stack|no beginning/);
  }
});

test("a tuple cannot reach below its mark", () => {
  refuses([0x4e, 0x28, 0x86], /empty stack/);
});

test("values left over at the end are refused", () => {
  refuses([0x4e, 0x4e], /left over/);
});

test("more than 64 KiB are refused", () => {
  assert.throws(() => readPickle(new Uint8Array(65537), ALLOWED), WeftError, "at most 65536");
});

test("the pickle PyTorch wrote describes its tensor", async () => {
  assert.deepEqual(readTensorPickle(await readFixture("./samples/bf16_2x3.data.pkl")), {
    dtype: "bf16",
    key: "0",
    storageCount: 6,
    offset: 0,
    shape: [2, 3],
    strides: [3, 1],
  });
});

test("a seventh argument, the metadata of newer versions, is ignored", () => {
  const tail = [...op.no, ...NO_HOOKS, ...op.emptyDict];
  assert.deepEqual(readTensorPickle(pickle(tensorOps({ tail }))).shape, [2, 3]);
});

test("whatever is not one tensor is refused", () => {
  const others: number[][] = [
    op.none,
    op.ints([1, 2]),
    op.emptyDict,
    NO_HOOKS,
    [...tensorOps(), 0x85],
    [...REBUILD, ...op.emptyTuple, ...op.reduce],
    [...REBUILD, ...op.none, ...op.reduce],
    tensorOps({ tail: op.no }),
    tensorOps({ tail: [...op.none, ...NO_HOOKS] }),
    tensorOps({ tail: [...op.no, ...op.int(1)] }),
    tensorOps({ tail: [...op.no, ...NO_HOOKS, ...op.none, ...op.none] }),
    tensorOps({ tag: "module" }),
    tensorOps({ storage: op.text("FloatStorage") }),
    tensorOps({ storage: op.global("collections", "OrderedDict") }),
    tensorOps({ rebuild: op.global("torch", "FloatStorage") }),
    tensorOps({ rebuild: op.none }),
  ];
  for (const ops of others) refusesTensor(ops, /something else than one dense tensor/);
});

test("a parameter of a parameter is refused", () => {
  const wrap = (inner: number[]): number[] => [
    ...op.global("torch._utils", "_rebuild_parameter"),
    ...op.mark,
    ...inner,
    ...op.yes,
    ...NO_HOOKS,
    ...op.tuple,
    ...op.reduce,
  ];
  assert.deepEqual(readTensorPickle(pickle(wrap(tensorOps()))).shape, [2, 3]);
  refusesTensor(wrap(wrap(tensorOps())), /something else/);
});

test("random opcodes fail with nothing but a WeftError", () => {
  const random = seededRandom(6);
  const known = pickle([...tensorOps(), 0x71, 0x68, 0x72, 0x6a, 0x94, 0x93, 0x8c, 0x85, 0x87]);
  for (let i = 0; i < 5000; i++) {
    const ops = [...randomBytes(random, Math.floor(random() * 40))];
    const bytes = pickle(i % 2 === 0 ? ops : ops.map((byte) => known[byte % known.length]));
    try {
      readTensorPickle(bytes);
    } catch (error) {
      assert.instanceOf(error, WeftError);
    }
  }
});
