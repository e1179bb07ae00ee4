import { test } from "#test";
import { assert } from "chai";
import { type CommandGroup, member, runGroup } from "../../headless/command_group.ts";
import type { Command } from "../../headless/command.ts";
import { text } from "../../headless/flags.ts";
import { fakeScreen } from "./fake_screen.ts";

const FLAGS = { word: text({ name: "word", placeholder: "W", default: "", description: "Says." }) };

/** A command that prints its name, its flag and its operands. */
function echo(name: string): Command<typeof FLAGS> {
  return {
    name,
    operands: "REST",
    summary: `Runs ${name}. A second sentence, which the list leaves out.`,
    flags: FLAGS,
    run({ values, operands, screen }): Promise<number> {
      screen.print([name, values.word, ...operands].join("|"));
      return Promise.resolve(0);
    },
  };
}

const GROUP: CommandGroup = {
  name: "loom",
  summary: "Weaves.",
  members: ["new_thread", "thread", "thread cut"].map((name) => member("loom", echo(name))),
};

async function run(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const fake = fakeScreen();
  const source = { args, environment: {}, envFile: {} };
  const code = await runGroup(GROUP, source, fake.screen, new AbortController().signal);
  return { code, out: fake.out(), error: fake.error() };
}

test("a group runs the member that the first word names, with the rest of the arguments", async () => {
  assert.deepEqual(await run("new_thread", "--word", "red", "x"), {
    code: 0,
    out: "new_thread|red|x\n",
    error: "",
  });
});

test("a group takes - for _ in a member's name", async () => {
  assert.equal((await run("new-thread")).out, "new_thread|\n");
});

test("of two names that fit the longer one is meant", async () => {
  assert.equal((await run("thread", "cut", "x")).out, "thread cut||x\n");
  assert.equal((await run("thread", "x", "cut")).out, "thread||x|cut\n");
});

test("a member's help is titled with the group's name", async () => {
  const { code, out } = await run("thread", "cut", "--help");
  assert.equal(code, 0);
  assert.match(out, /^deno task loom thread cut REST \[flags\]\n/);
});

test("a group's help lists each member with its first sentence", async () => {
  const { code, out } = await run("--help");
  assert.equal(code, 0);
  assert.include(out, "  thread cut                Runs thread cut.\n");
  assert.notInclude(out, "second sentence");
});

test("a group without a member is wrong use, and says which there are", async () => {
  const { code, error } = await run();
  assert.equal(code, 2);
  assert.include(error, "loom takes a command, expected one of new_thread, thread, thread cut");
});

test("a mistyped member is wrong use, and the one that was meant is named", async () => {
  const { code, error } = await run("new_tread");
  assert.equal(code, 2);
  assert.include(error, 'loom has no command "new_tread", did you mean new_thread?');
});

test("a member's wrong flag is wrong use", async () => {
  assert.equal((await run("thread", "--colour", "red")).code, 2);
});
