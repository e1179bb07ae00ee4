/**
 * Frames as a pipe brings them: in pieces, cut off, too long.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { CutOffError, jsonFrame, readJsonFrames } from "../../../headless/sandbox/frames.ts";
import { failureOf } from "../../harness/kept_log.ts";

const MAX = 100;

async function read(pieces: readonly Uint8Array[], maxBytes = MAX): Promise<unknown[]> {
  return await Array.fromAsync(readJsonFrames(ReadableStream.from(pieces), maxBytes));
}

const TWO = [...jsonFrame({ a: "ä" }, MAX), ...jsonFrame([1], MAX)];

test("frames are read from single bytes", async () => {
  assert.deepEqual(await read(TWO.map((byte) => Uint8Array.of(byte))), [{ a: "ä" }, [1]]);
});

test("frames are read from one piece", async () => {
  assert.deepEqual(await read([Uint8Array.from(TWO)]), [{ a: "ä" }, [1]]);
});

test("no frame is no failure", async () => {
  assert.deepEqual(await read([]), []);
});

for (const length of [1, 4, 5, 11]) {
  test(`a frame that ends after ${length} bytes is cut off`, async () => {
    const error = await failureOf(read([Uint8Array.from(TWO.slice(0, length))]));
    assert.instanceOf(error, CutOffError);
  });
}

test("a frame of the greatest length is taken, and one byte more is not", async () => {
  const frame = jsonFrame("x".repeat(8), 10);
  assert.deepEqual(await read([frame], 10), ["x".repeat(8)]);
  assert.match(`${await failureOf(read([frame], 9))}`, /10 bytes is longer than the 9 allowed/);
});

test("a length is refused before its bytes come", async () => {
  const stream = (async function* (): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(101, 0, 0, 0);
    await Promise.withResolvers<void>().promise;
  })();
  const error = await failureOf(readJsonFrames(stream, MAX).next());
  assert.instanceOf(error, WeftError);
});

test("a frame that is too long is not written", () => {
  assert.throws(() => jsonFrame("x".repeat(MAX), MAX), WeftError, "longer than");
});

for (
  const [what, bytes] of [["broken UTF-8", [0xff]], ["no JSON", [0x7b]], ["nothing", []]] as const
) {
  test(`a frame of ${what} is refused`, async () => {
    const error = await failureOf(read([Uint8Array.of(bytes.length, 0, 0, 0, ...bytes)]));
    assert.match(`${error}`, /holds no JSON/);
  });
}
