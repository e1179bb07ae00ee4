import { test } from "#test";
import { assert } from "chai";
import { UsageError, WeftError } from "../../core/errors.ts";
import { type Command, type CommandContext, runCommand } from "../../headless/command.ts";
import { toggle } from "../../headless/flags.ts";
import { fakeScreen } from "./fake_screen.ts";

const FLAGS = { json: toggle({ name: "json", default: false, description: "JSON." }) };

/** Runs a command with this body. */
async function runWith(
  body: (context: CommandContext<typeof FLAGS>) => number | Promise<number>,
  { args = [], operands, errorCode }: {
    args?: string[];
    operands?: string;
    errorCode?: number;
  } = {},
): Promise<{ code: number; out: string; error: string }> {
  const command: Command<typeof FLAGS> = {
    name: "try",
    summary: "Tries.",
    ...operands ? { operands } : {},
    ...errorCode ? { errorCode } : {},
    flags: FLAGS,
    run: async (context) => await body(context),
  };
  const { screen, out, error } = fakeScreen();
  const source = { args, environment: {}, envFile: {} };
  const code = await runCommand(command, source, screen, new AbortController().signal);
  return { code, out: out(), error: error() };
}

test("runCommand() tells wrong use in one line and answers 2", async () => {
  const result = await runWith(() => Promise.reject(new UsageError("no such model")));
  assert.deepEqual(result, { code: 2, out: "", error: "error: no such model\n" });
});

test("runCommand() tells a failure in one line and answers 1", async () => {
  const result = await runWith(() => Promise.reject(new WeftError("no GPU")));
  assert.deepEqual(result, { code: 1, out: "", error: "error: no GPU\n" });
});

test("runCommand() shows the stack of an error that nobody foresaw and answers 1", async () => {
  const { code, error } = await runWith(() => Promise.reject(new TypeError("x is not y")));
  assert.equal(code, 1);
  assert.include(error, "TypeError: x is not y");
  assert.include(error, "command.test.ts");
});

test("runCommand() survives a value that is thrown and is no error", async () => {
  const { code, error } = await runWith(() => Promise.reject("why"));
  assert.deepEqual([code, error], [1, "why\n"]);
});

test("runCommand() answers a failure with the command's own code, wrong use with 2", async () => {
  const codeOf = async (error: Error): Promise<number> =>
    (await runWith(() => Promise.reject(error), { errorCode: 3 })).code;
  assert.equal(await codeOf(new WeftError("no GPU")), 3);
  assert.equal(await codeOf(new TypeError("x is not y")), 3);
  assert.equal(await codeOf(new Deno.errors.BrokenPipe("closed")), 3);
  assert.equal(await codeOf(new UsageError("no such model")), 2);
});

test("runCommand() says nothing when the reader of its output has gone", async () => {
  const result = await runWith(() => Promise.reject(new Deno.errors.BrokenPipe("closed")));
  assert.deepEqual(result, { code: 1, out: "", error: "" });
});

test("runCommand() does not run a command with wrong flags", async () => {
  const { code, error } = await runWith(() => assert.fail("it ran"), { args: ["--jsno"] });
  assert.equal(code, 2);
  assert.include(error, "did you mean --json?");
});

test("runCommand() refuses operands of a command that takes none", async () => {
  const { code, error } = await runWith(() => assert.fail("it ran"), { args: ["file"] });
  assert.equal(code, 2);
  assert.include(error, 'unexpected argument "file"');
});

test("runCommand() hands operands on to a command that takes them", async () => {
  const { code } = await runWith(({ operands }) => operands.length, {
    args: ["a", "b"],
    operands: "FILE…",
  });
  assert.equal(code, 2);
});

test("runCommand() shows help, on stdout, even beside wrong flags", async () => {
  const { code, out, error } = await runWith(() => assert.fail("it ran"), {
    args: ["--jsno", "--help"],
  });
  assert.equal(code, 0);
  assert.include(out, "deno task try");
  assert.equal(error, "");
});

test("runCommand() answers with the command's own exit code", async () => {
  assert.equal((await runWith(() => 1)).code, 1);
});
