/**
 * Signs and verifies for a program that has no sr25519: one JSON question a line on stdin, one JSON
 * answer a line on stdout.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import * as v from "valibot";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { messageBytes, verifyMessage } from "../../../core/wallet/verify.ts";
import { print } from "../../print.ts";

const Question = v.union([
  v.object({ sign: v.string(), uri: v.string() }),
  v.object({ verify: v.string(), signature: v.string(), address: v.string() }),
  v.object({ address: v.string() }),
]);

await readyKeys();
for await (const line of createInterface({ input: process.stdin })) {
  print(JSON.stringify(answer(v.parse(Question, JSON.parse(line)))));
}

function answer(question: v.InferOutput<typeof Question>): string | boolean {
  if ("sign" in question) {
    return bytesToHex(Keypair.fromUri(question.uri).signSync(messageBytes(question.sign)));
  }
  if ("verify" in question) {
    const { verify, signature, address } = question;
    const digits = /^0x([0-9a-f]*)$/.exec(signature)?.[1] ?? "";
    return digits.length % 2 === 0 &&
      verifyMessage(messageBytes(verify), hexToBytes(digits), address);
  }
  return Keypair.fromUri(question.address).address;
}
