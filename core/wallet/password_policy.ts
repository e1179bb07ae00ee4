/**
 * Which passwords are good enough for a new keyfile.
 *
 * btwallet asks for six bytes and a score of the crate `passwords`, which six bytes of any kind
 * reach, "aaaaaa" too. All keyfiles share one salt, so common passwords can be tried against all of
 * them at once: such simple ones are refused here. Whatever passes here passes there.
 *
 * @module
 */

const LEAST_CHARACTERS = 6;
/** Six different characters that follow no pattern have 15.5 bits, five and one repeated have 13.9. */
const LEAST_BITS = 15;

/**
 * Why a password is too weak for a new keyfile, as a sentence that says what to do; undefined if it
 * will do. Shows nothing of it.
 *
 * @param password as it will be used: without white space around it
 */
export function passwordWeakness(password: string): string | undefined {
  if (password !== password.trim()) {
    return "The password starts or ends with white space, which btcli cuts off: leave it out.";
  }
  const { length } = [...password];
  if (length < LEAST_CHARACTERS) {
    return `The password has ${length} characters: take ${LEAST_CHARACTERS} or more.`;
  }
  if (strengthBits(password) < LEAST_BITS) {
    return "The password is too simple: make it longer or take more different characters, in no " +
      "sequence such as 123456.";
  }
  return undefined;
}

/**
 * Bits of a password drawn from the characters it shows: the measure of Python's password_strength,
 * which btwallet asked before. A character that goes on in step with the two before it (aaa, 123,
 * eca) counts for nothing.
 */
function strengthBits(password: string): number {
  const codes = Array.from(password, (character) => character.codePointAt(0) ?? 0);
  const steps = codes.map((code, i) => i === 0 ? NaN : code - codes[i - 1]);
  const surprising = steps.filter((step, i) => step !== steps[i - 1]);
  return surprising.length * Math.log2(new Set(codes).size);
}
