import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { createDenoHost } from "../../../headless/deno_host.ts";
import { lineOf, MASK, NO_SEARCH, solve } from "./run.ts";
import { namesIn, withTempFolder } from "../temp_folder.ts";

function events(out: string): Record<string, unknown>[] {
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function potfile(dir: string): string {
  return join(dir, "data", "weft", "hashes.potfile");
}

test("solve prints hash, salt and password on stdout, and a summary without it on stderr", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("zqz", "s:t");
    const { code, out, error } = await solve(dir, [line, MASK]);
    assert.deepEqual([code, out], [0, `${line}:zqz\n`]);
    assert.include(error, "Status...........: Cracked\n");
    assert.include(error, "Recovered........: 1/1 (100.00%)\n");
    assert.notInclude(error, "zqz");
  });
});

test("solve finds the password of every mode", async () => {
  await withTempFolder(async (dir) => {
    for (const [mode, salt] of [[600, ""], [620, "salt"], [1400, ""], [1410, "salt"]] as const) {
      const line = lineOf("zqz", salt, mode);
      const { code, out } = await solve(dir, ["-m", `${mode}`, line, MASK]);
      assert.deepEqual([code, out], [0, `${line}:zqz\n`]);
    }
  });
});

test("solve answers 1 and prints nothing when the mask does not hold the password", async () => {
  await withTempFolder(async (dir) => {
    const { code, out, error } = await solve(dir, [lineOf("zqz", "s"), "?d?d"]);
    assert.deepEqual([code, out], [1, ""]);
    assert.include(error, "Status...........: Exhausted\n");
    assert.include(error, "Progress.........: 100/100 (100.00%)\n");
  });
});

test("solve goes through the hashes of a file in order, each once", async () => {
  await withTempFolder(async (dir) => {
    const found = ["abc", "zzz", "aaa"].map((password) => lineOf(password, "s"));
    const absent = lineOf("000", "s");
    Deno.writeTextFileSync(join(dir, "hashes"), [...found, absent, found[0]].join("\n"));
    const { code, out, error } = await solve(dir, ["hashes", MASK]);
    assert.equal(out, `${found[0]}:abc\n${found[1]}:zzz\n${found[2]}:aaa\n`);
    assert.include(error, "Recovered........: 3/4 (75.00%)\n");
    assert.equal(code, 1);
  });
});

test("solve warns of a bad line of a file by its number and does the others", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "s");
    Deno.writeTextFileSync(join(dir, "hashes"), `\nrubbish\n${line}\n`);
    const { code, out, error } = await solve(dir, ["hashes", MASK]);
    assert.deepEqual([code, out], [0, `${line}:abc\n`]);
    assert.match(error, /^warning: hashes line 2 is left out: /);
  });
});

test("solve answers from the potfile what it has found before, without a search", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("zqz", "s:t");
    await solve(dir, [line, MASK]);
    const { code, out, error } = await solve(dir, [line, "?d"], NO_SEARCH);
    assert.deepEqual([code, out], [0, `${line}:zqz\n`]);
    assert.match(error, /^in the potfile: \$BLAKE2\$.*s:t\n$/);
    assert.equal(Deno.readTextFileSync(potfile(dir)), `${line}:zqz\n`);
  });
});

test("solve searches what the potfile has a wrong password of, and says so", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "s");
    Deno.writeTextFileSync(join(dir, "pot"), `${line}:qqq\n`);
    const { code, out, error } = await solve(dir, [line, MASK, "--potfile-path", "pot"]);
    assert.deepEqual([code, out], [0, `${line}:abc\n`]);
    assert.match(error, /^warning: line 1 of the potfile is left out/);
    assert.notInclude(error, "qqq");
    assert.equal(Deno.readTextFileSync(join(dir, "pot")), `${line}:qqq\n${line}:abc\n`);
  });
});

test("solve leaves the potfile alone when told", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "s");
    await solve(dir, [line, MASK]);
    const { code } = await solve(dir, ["--potfile-disable", line, "?d?d?d"]);
    assert.equal(code, 1);
    await solve(dir, ["--potfile-disable", line, MASK]);
    assert.equal(Deno.readTextFileSync(potfile(dir)), `${line}:abc\n`);
  });
});

test("solve adds what it prints to the outfile, from the potfile too", async () => {
  await withTempFolder(async (dir) => {
    const [first, second] = [lineOf("abc", "s"), lineOf("abd", "s")];
    await solve(dir, [first, MASK]);
    Deno.writeTextFileSync(join(dir, "hashes"), `${second}\n${first}\n`);
    Deno.writeTextFileSync(join(dir, "out"), "old\n");
    await solve(dir, ["-o", "out", "hashes", MASK]);
    assert.equal(
      Deno.readTextFileSync(join(dir, "out")),
      `old\n${first}:abc\n${second}:abd\n`,
    );
  });
});

test("solve writes a password that is no plain text as hashcat does, and reads it back", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("a:\n", "s");
    const search = [line, "--hex-charset", "61?10a", "-1", "3a"];
    for (const surroundings of [{}, NO_SEARCH]) {
      const { code, out } = await solve(dir, search, surroundings);
      assert.deepEqual([code, out], [0, `${line}:$HEX[613a0a]\n`]);
    }
  });
});

test("solve reads a salt in hex when told, and prints it so", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "s").replace(/:s$/, ":73");
    const { code, out } = await solve(dir, ["--hex-salt", line, MASK]);
    assert.deepEqual([code, out], [0, `${line}:abc\n`]);
  });
});

test("solve takes a mask that opens with a dash, behind --", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("-1a", "s");
    const { code, out } = await solve(dir, ["--quiet", "--", line, "-?d?l"]);
    assert.deepEqual([code, out], [0, `${line}:-1a\n`]);
  });
});

test("solve with --skip and --limit covers the keyspace in two halves, each candidate once", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("zqz", "s");
    const half = `${26 ** 3 / 2}`;
    const codes: number[] = [];
    for (const part of [["-l", half], ["-s", half]]) {
      codes.push((await solve(dir, [...part, "--potfile-disable", line, MASK])).code);
    }
    assert.deepEqual(codes.toSorted(), [0, 1]);
  });
});

test("solve with --quiet says nothing but the password", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "s");
    for (const surroundings of [{}, NO_SEARCH]) {
      const result = await solve(dir, ["--quiet", line, MASK], surroundings);
      assert.deepEqual(result, { code: 0, out: `${line}:abc\n`, error: "" });
    }
  });
});

test("solve with --json tells of each hash in an object", async () => {
  await withTempFolder(async (dir) => {
    const [found, absent] = [lineOf("a:c", "s:t"), lineOf("000", "")];
    Deno.writeTextFileSync(join(dir, "hashes"), `${found}\n${absent}\n`);
    const { code, out, error } = await solve(dir, ["--json", "hashes", "a:?l"]);
    const [started, cracked, exhausted, ...rest] = events(out);
    assert.deepEqual(started, {
      ...{ event: "started", mode: 610, name: "BLAKE2b-512($pass.$salt)" },
      ...{ mask: "a:?l", keyspace: 26, hashes: 2 },
    });
    const counted = { tried: 26, total: 26, variant: "wasm" };
    const password = { password: "$HEX[613a63]", hex: "613a63" };
    const hash = found.slice(0, found.indexOf(":"));
    assert.deepInclude(cracked, { event: "cracked", hash, salt: "s:t", ...password, ...counted });
    assert.deepInclude(exhausted, { event: "exhausted", salt: "", ...counted });
    for (const key of ["elapsedMs", "rate", "waitedMs"]) assert.isNumber(cracked[key]);
    assert.isString(cracked.device);
    assert.deepEqual([code, error, rest], [1, "", []]);
  });
});

test("solve with --json says that a password is from the potfile, and names no salt without one", async () => {
  await withTempFolder(async (dir) => {
    const line = lineOf("abc", "", 1400);
    await solve(dir, ["-m1400", line, MASK]);
    const { out } = await solve(dir, ["-m1400", "--json", line, MASK], NO_SEARCH);
    assert.deepEqual(events(out).slice(1), [
      { event: "cracked", hash: line, password: "abc", hex: "616263", fromPotfile: true },
    ]);
  });
});

test("solve ends with 2 when the user aborts it, and tells of every hash that is left", async () => {
  await withTempFolder(async (dir) => {
    Deno.writeTextFileSync(join(dir, "hashes"), `${lineOf("0", "s")}\n${lineOf("1", "s")}\n`);
    const user = new AbortController();
    const { code, out } = await solve(dir, ["--json", "hashes", "?a".repeat(9)], {
      signal: user.signal,
      onOut: () => user.abort(),
    });
    assert.equal(code, 2);
    const ends = events(out).slice(1).map(({ event, reason }) => [event, reason]);
    assert.deepEqual(ends, [["aborted", "signal"], ["aborted", "signal"]]);
  });
});

test("solve ends with 2 when its time is over, reporting meanwhile", async () => {
  await withTempFolder(async (dir) => {
    const args = ["--runtime", "2", "--status", "--status-timer", "1", lineOf("0", "s")];
    const { code, error } = await solve(dir, [...args, "?a".repeat(9)]);
    assert.equal(code, 2);
    assert.include(error, "Status...........: Running\n");
    assert.include(error, "Status...........: Aborted (Runtime)\n");
  });
});

test("solve answers 2 when there is nothing to search with", async () => {
  await withTempFolder(async (dir) => {
    const { code, error } = await solve(dir, [lineOf("abc", "s"), MASK], {
      createHost: (options) => ({ ...createDenoHost(options), threads: undefined }),
    });
    assert.equal(code, 2);
    assert.match(error, /^error: .*threads.*\n$/);
  });
});

test("solve --benchmark shows the speed of a mode in hashcat's form", async () => {
  await withTempFolder(async (dir) => {
    const { code, out } = await solve(dir, ["-b", "-m", "610"]);
    assert.equal(code, 0);
    const [rule, title, , , speed] = out.split("\n");
    assert.deepEqual([rule.length, title], [
      title.length,
      "* Hash-Mode 610 (BLAKE2b-512($pass.$salt))",
    ]);
    assert.match(speed, /^Speed\.#1\.{9}: [ \d.]{7} [ kMG]H\/s \(\d+\.\d\dms\) @ wasm, /);
    assert.deepEqual(namesIn(join(dir, "data", "weft")), ["solver"]);
  });
});

test("solve --benchmark ends with 2 when the user aborts it", async () => {
  await withTempFolder(async (dir) => {
    const { code, out } = await solve(dir, ["--benchmark"], { signal: AbortSignal.abort() });
    assert.deepEqual([code, out], [2, ""]);
  });
});

test("solve without a home asks for a potfile's place, or does without", async () => {
  await withTempFolder(async (dir) => {
    const dataFolder = (): undefined => undefined;
    const line = lineOf("abc", "s");
    const { code, error } = await solve(dir, [line, MASK], { dataFolder, ...NO_SEARCH });
    assert.equal(code, 2);
    assert.match(error, /--potfile-path.*--potfile-disable/);
    const without = await solve(dir, ["--potfile-disable", line, MASK], { dataFolder });
    assert.deepEqual([without.code, without.out], [0, `${line}:abc\n`]);
  });
});
