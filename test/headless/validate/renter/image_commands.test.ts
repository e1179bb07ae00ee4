import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../../core/errors.ts";
import { imageCommands } from "../../../../headless/validate/renter/image_commands.ts";

/** What a miner makes of it. */
function dockerfileOf(text: string): string {
  return `RUN ${imageCommands(text)}`;
}

test("a shell command is sent as it is", () => {
  assert.equal(
    dockerfileOf("apt-get update && apt-get install -y vim"),
    "RUN apt-get update && apt-get install -y vim",
  );
});

test("lines of a Dockerfile are the same ones behind the miner's RUN", () => {
  assert.equal(
    dockerfileOf("RUN echo a\nENV A=1\nRUN echo b\n"),
    "RUN echo a\nENV A=1\nRUN echo b",
  );
});

test("what does not begin with RUN goes on after a command that does nothing", () => {
  assert.equal(dockerfileOf("WORKDIR /a\nRUN pwd"), "RUN true\nWORKDIR /a\nRUN pwd");
});

test("comments, empty lines and line ends of Windows are left out", () => {
  assert.equal(
    dockerfileOf("# mine\r\n\r\n  run echo a\r\n# b\r\nENV A=1\r\n"),
    "RUN echo a\nENV A=1",
  );
});

test("a command of several lines keeps them", () => {
  assert.equal(dockerfileOf("RUN echo a \\\n  b"), "RUN echo a \\\n  b");
});

test("a command whose name only begins like an instruction is a command", () => {
  assert.equal(dockerfileOf("runuser -l a"), "RUN runuser -l a");
  assert.equal(dockerfileOf("env"), "RUN env");
});

test("an image of one's own is wrong use, wherever it stands", () => {
  for (const text of ["FROM ubuntu", "RUN a\nfrom scratch", "# x\n  FROM a AS b"]) {
    assert.throws(() => imageCommands(text), UsageError, /FROM is the miner's/);
  }
});

test("nothing is nothing", () => {
  for (const text of ["", "\n\n", "# only a comment"]) assert.equal(imageCommands(text), "");
});
