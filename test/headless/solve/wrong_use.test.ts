import { test } from "#test";
import { assert } from "chai";
import { lineOf, MASK, NO_SEARCH, solve } from "./run.ts";
import { withTempFolder } from "../temp_folder.ts";

const LINE = lineOf("abc", "s");

const WRONG_USES: [what: string, args: string[], message: RegExp][] = [
  ["no hash", [], /no hash was given/],
  ["no mask", [LINE], /no mask was given/],
  ["a third operand", [LINE, MASK, "x"], /unexpected argument "x"/],
  ["a digest that is too short", [LINE.replace(/..:s/, ":s"), MASK], /126 hex digits/],
  ["an odd number of hex digits", [LINE.replace(/.:s/, ":s"), MASK], /127 hex digits/],
  ["a salt that is too long", [LINE + "s".repeat(64), MASK], /salt is 65 bytes long/],
  ["a hash of another mode", ["-m", "1410", LINE, MASK], /mode 1410 reads 64 hex digits/],
  ["an unknown mode", ["-m", "0", LINE, MASK], /hash mode 0 is unknown/],
  ["a mode that is no number", ["-m=610", LINE, MASK], /-m "=610": expected a whole number/],
  ["another attack", ["-a", "0", LINE, MASK], /--attack-mode 0: Weft searches masks/],
  ["a charset that was not given", [LINE, "?1?d"], /\?1, but -1 was not given/],
  ["an empty charset", ["-1", "", LINE, "?1"], /-1 "": expected a text/],
  ["an unknown charset", [LINE, "?x"], /\?x, which is no charset/],
  ["an empty mask", [LINE, ""], /mask is empty/],
  ["a mask that is too long", [LINE, "a".repeat(33)], /33 bytes long, expected 1 to 32/],
  ["a mask past 2^63", [LINE, "?a".repeat(10)], /more than 2\^63/],
  ["to skip everything", ["-s", "17576", LINE, MASK], /--skip 17576 leaves nothing/],
  ["a limit of nothing", ["-l", "0", LINE, MASK], /-l "0": expected a whole number from 1/],
  ["no time", ["--runtime", "0", LINE, MASK], /--runtime "0": expected/],
  ["more time than a timer holds", ["--runtime", "2147484", LINE, MASK], /--runtime "2147484"/],
  ["an unknown profile", ["-w5", LINE, MASK], /-w "5": expected a whole number from 1 to 4/],
  ["an outfile in no folder", ["-o", "no/out", LINE, MASK], /--outfile .*no\/out cannot be/],
  ["a potfile in no folder", ["--potfile-path", "no/pot", LINE, MASK], /--potfile-path .*no\/pot/],
  ["a benchmark of a hash", ["-b", LINE, MASK], /beside --benchmark/],
  ["a benchmark of an unknown mode", ["-b", "-m1"], /hash mode 1 is unknown/],
];

for (const [what, args, message] of WRONG_USES) {
  test(`solve refuses ${what} in one line, before it opens a GPU`, async () => {
    await withTempFolder(async (dir) => {
      const { code, out, error } = await solve(dir, args, NO_SEARCH);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(error, /^error: [^\n]*\n$/);
      assert.match(error, message);
    });
  });
}
