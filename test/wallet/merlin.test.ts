import { test } from "#test";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { assert } from "chai";
import { MerlinTranscript } from "../../core/wallet/merlin.ts";

/** Of Merlin's own tests, `src/transcript.rs`, `equivalence_simple`. */
const SIMPLE = "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615";

function simple(): MerlinTranscript {
  return new MerlinTranscript("test protocol").append("some label", utf8ToBytes("some data"));
}

test("a transcript draws what Merlin's own test draws", () => {
  assert.equal(bytesToHex(simple().challenge("challenge", 32)), SIMPLE);
});

test("a clone goes on by itself, from where it was made", () => {
  const origin = simple();
  const clone = new MerlinTranscript(origin);
  origin.append("more", utf8ToBytes("x"));
  assert.equal(bytesToHex(clone.challenge("challenge", 32)), SIMPLE);
  assert.notEqual(bytesToHex(origin.challenge("challenge", 32)), SIMPLE);
});

test("the same bytes under other borders are another transcript", () => {
  const drawn = [["ab", "c"], ["a", "bc"]].map(([label, message]) =>
    bytesToHex(new MerlinTranscript("t").append(label, utf8ToBytes(message)).challenge("c", 16))
  );
  assert.notEqual(drawn[0], drawn[1]);
});

test("messages of every length around the block of the permutation are told apart", () => {
  const seen = new Set<string>();
  for (let length = 0; length < 400; length++) {
    const transcript = new MerlinTranscript("t").append("m", new Uint8Array(length));
    seen.add(bytesToHex(transcript.challenge("c", 200)));
  }
  assert.equal(seen.size, 400);
});
