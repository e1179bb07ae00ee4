import { test } from "#test";
import { assert } from "chai";
import { helpText } from "../../headless/flag_help.ts";
import { choice, integer, toggle } from "../../headless/flags.ts";
import { goldenCommand } from "../../headless/golden.ts";
import { mineCommand } from "../../headless/mine.ts";
import { solveCommand } from "../../headless/solve.ts";
import { processSystem } from "../../headless/solve/system.ts";

const COMMAND = {
  name: "try",
  summary: "Tries.",
  operands: "FILE…",
  flags: {
    seed: integer({ name: "seed", min: 0, default: 0, description: "A seed." }),
    late: integer({
      name: "late",
      min: 0,
      default: undefined,
      defaultText: "by model",
      description: "Late.",
    }),
    on: toggle({ name: "on", default: true, description: "On." }),
    backend: choice({
      name: "backend",
      words: ["a", "b"],
      default: "b",
      publishedNames: ["BT_BACKEND"],
      description: "Which.",
    }),
  },
};

test("helpText() shows how to call, and every flag with its default", () => {
  const help = helpText(COMMAND, 80);
  assert.include(help, "deno task try FILE… [flags]");
  assert.match(help, /--seed N +A seed. \[0\]/);
  assert.match(help, /--late N +Late. \[by model\]/);
  assert.match(help, /--\[no-\]on +On. \[on\]/);
  assert.match(help, /--backend a\|b +Which. In the environment also BT_BACKEND. \[b\]/);
});

test("helpText() shows short names, and keeps their room where a flag has none", () => {
  const mode = integer({ name: "mode", short: "m", min: 0, default: 0, description: "A mode." });
  const help = helpText({ ...COMMAND, flags: { ...COMMAND.flags, mode } }, 80);
  assert.match(help, /^ {2}-m, --mode N +A mode. \[0\]$/m);
  assert.match(help, /^ {6}--seed N +A seed. \[0\]$/m);
  assert.match(help, /^ {2}-h, --help +Shows this text.$/m);
});

test("helpText() of every command fits 80 columns", () => {
  for (const command of [goldenCommand, mineCommand, solveCommand(processSystem)]) {
    const longest = Math.max(...helpText(command, 80).split("\n").map((line) => line.length));
    assert.isAtMost(longest, 80, command.name);
  }
});
