/**
 * Right seals before any time is taken.
 *
 * @module
 */
import { WeftError } from "../../../core/errors.ts";
import { limitWordOf } from "../../../core/formats/registration_seal.ts";
import type { SealEngine } from "../../../core/hash/seal_engine.ts";
import { BOUND_HASH, DIFFICULTY, FIRST } from "../../hash/seal_vectors.ts";

/** The first nonces that meet the difficulty, by endianness. */
const NONCES = [["little", Number(FIRST.little.nonce)], ["big", Number(FIRST.big.nonce)]] as const;
const LONG = 1000;
/** No whole number of workgroups. */
const SHORT = 65;

/** What tries batches. */
export type SealTrier = Pick<SealEngine, "run" | "batchesInFlight">;

/**
 * Lets something search for a chain's seals, in both endiannesses: it must find them in a long batch
 * and as the last nonce of a short one, and nothing in what comes before them.
 *
 * @returns how many answers were compared
 * @throws {WeftError} if one of them is wrong
 */
export async function checkSeals(
  trier: Pick<SealTrier, "run">,
  name: string,
): Promise<number> {
  const cases = NONCES.flatMap(([endianness, nonce]) => {
    const before = Math.min(nonce, SHORT - 1);
    return [
      { endianness, first: 0, count: LONG, expected: nonce },
      { endianness, first: nonce - before, count: before + 1, expected: before },
      { endianness, first: 0, count: nonce, expected: undefined },
    ];
  });
  const limitWord = limitWordOf(DIFFICULTY);
  for (const { endianness, first, count, expected } of cases) {
    const batch = { boundHash: BOUND_HASH, endianness, limitWord, first: BigInt(first), count };
    const found = await trier.run(batch);
    if (found === expected) continue;
    throw new WeftError(
      `${name}, ${endianness}-endian: expected ${
        shown(expected)
      } in ${count} nonces from ${first}, ` +
        `got ${shown(found)}; nothing was timed`,
    );
  }
  return cases.length;
}

function shown(found: number | undefined): string {
  return found === undefined ? "no seal" : `the seal at ${found}`;
}
