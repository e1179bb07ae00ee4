/**
 * Signatures a second, beside those of polkadot-js, which wallets of the network use.
 *
 * @module
 */

import { sr25519PairFromSeed, sr25519Sign, sr25519Verify } from "@polkadot/util-crypto/sr25519";
import { FrequentSigners } from "../../../core/wallet/frequent_signers.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { readyKeys } from "../../../core/wallet/ready.ts";
import { verifySignature } from "../../../core/wallet/verify.ts";
import { type NowMs, raceMs, timesForRound } from "../../../core/bench/timing.ts";

/** About as long as what Epistula and an axon sign. */
const MESSAGE_BYTES = 140;
/** Signatures that make a signer a frequent one. */
const OFTEN = 64;
/** Long enough for a second's worth to be read off. */
const ROUND_MS = 500;

/** One kind of work, ours beside polkadot-js's. */
export interface SigningRow {
  readonly work: "sign" | "verify" | "verify a frequent signer's";
  readonly perSecond: number;
  readonly peerPerSecond: number;
}

/**
 * Checks that each side takes the other's signatures, then lets both take turns, on one core.
 *
 * @throws {Error} if a signature is not taken
 */
export async function measureSigning(rounds: number, nowMs: NowMs): Promise<SigningRow[]> {
  await readyKeys();
  const seed = new Uint8Array(32).fill(7);
  const message = Uint8Array.from({ length: MESSAGE_BYTES }, (_, at) => at);
  const keypair = Keypair.fromSeed(seed);
  const pair = sr25519PairFromSeed(seed);
  const [ours, theirs] = [keypair.signSync(message), sr25519Sign(message, pair)];
  const isTaken = sr25519Verify(message, ours, pair.publicKey);
  if (!isTaken || !verifySignature(message, theirs, keypair.address)) {
    throw new Error("a signature of one side is none for the other");
  }
  const signers = new FrequentSigners();
  for (let time = 0; time < OFTEN; time++) {
    if (!signers.verifyMessage(message, theirs, keypair.address)) {
      throw new Error("a signature that was taken once is not taken again");
    }
  }
  return [
    await race("sign", rounds, nowMs, {
      ours: () => keypair.signSync(message),
      peer: () => sr25519Sign(message, pair),
    }),
    await race("verify", rounds, nowMs, {
      ours: () => verifySignature(message, theirs, keypair.address),
      peer: () => sr25519Verify(message, theirs, pair.publicKey),
    }),
    await race("verify a frequent signer's", rounds, nowMs, {
      ours: () => signers.verifyMessage(message, theirs, keypair.address),
      peer: () => sr25519Verify(message, theirs, pair.publicKey),
    }),
  ];
}

async function race(
  work: SigningRow["work"],
  rounds: number,
  nowMs: NowMs,
  sides: { readonly ours: () => unknown; readonly peer: () => unknown },
): Promise<SigningRow> {
  const runs = await Promise.all([sides.ours, sides.peer].map(async (once) => {
    const run = (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) once();
      return Promise.resolve();
    };
    return { run, times: await timesForRound(run, nowMs, ROUND_MS) };
  }));
  const [perSecond, peerPerSecond] = (await raceMs(runs, rounds, nowMs))
    .map((ms) => 1000 / ms);
  return { work, perSecond, peerPerSecond };
}
