import { test } from "#test";
import { assert } from "chai";
import { join } from "node:path";
import { parseEnvText, readEnvFile } from "../../headless/env_file.ts";
import { withTempFolder } from "./temp_folder.ts";

test("parseEnvText() keeps blanks, # and = inside quotes", () => {
  assert.deepEqual(parseEnvText(`A="a b # c=d" # comment\nB='  x  '\n`), {
    A: "a b # c=d",
    B: "  x  ",
  });
});

test("parseEnvText() turns \\n into a line break in double quotes only", () => {
  assert.deepEqual(parseEnvText(`A="x\\ny"\nB='x\\ny'`), { A: "x\ny", B: "x\\ny" });
});

test("parseEnvText() cuts comments and blanks around a bare value", () => {
  assert.deepEqual(parseEnvText("  A  =  x y  # comment\n# B=1\n"), { A: "x y" });
});

test("parseEnvText() accepts export, Windows line ends and a byte order mark", () => {
  assert.deepEqual(parseEnvText("\uFEFFexport A=1\r\nB=2\r\n"), { A: "1", B: "2" });
});

test("parseEnvText() skips lines that set nothing", () => {
  assert.deepEqual(parseEnvText("no assignment\n\nA=1\n"), { A: "1" });
});

test("parseEnvText() keeps a name without a value as empty", () => {
  assert.deepEqual(parseEnvText("A=\nB=1"), { A: "", B: "1" });
});

test("readEnvFile() gives nothing where there is no .env", async () => {
  await withTempFolder((dir) => assert.deepEqual(readEnvFile(dir), {}));
});

test("readEnvFile() reads .env in the folder", async () => {
  await withTempFolder((dir) => {
    Deno.writeTextFileSync(join(dir, ".env"), "wallet_name=alice");
    assert.deepEqual(readEnvFile(dir), { wallet_name: "alice" });
  });
});
