import { test } from "#test";
import { assert } from "chai";
import { chmodCommand, shellLine } from "../../../headless/doctor/commands.ts";

test("shellLine() quotes only words that a shell would take apart", () => {
  assert.equal(
    shellLine(["deno", "task", "--a.b_c", "x@y/1,2:3=+%"]),
    "deno task --a.b_c x@y/1,2:3=+%",
  );
  assert.equal(shellLine(["a b", "$HOME", "~/x", ""]), "'a b' '$HOME' '~/x' ''");
});

test("shellLine() quotes a quote", () => {
  assert.equal(shellLine(["it's; rm"]), String.raw`'it'\''s; rm'`);
});

test("chmodCommand() names mode and file", () => {
  assert.equal(
    chmodCommand("600", "/home/u/my wallets/coldkey"),
    "chmod 600 '/home/u/my wallets/coldkey'",
  );
});
