import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import type { Prompter } from "../../../headless/wallet/system.ts";
import {
  type TerminalInput,
  terminalPrompter,
} from "../../../headless/wallet/terminal_prompter.ts";
import { fakeScreen } from "../fake_screen.ts";

interface TypedTerminal {
  readonly prompter: Prompter;
  /** All that the terminal shows. */
  shown(): string;
  out(): string;
  /** Each switch of the raw mode. */
  readonly switches: boolean[];
}

/** A terminal at which these chunks are typed, as far as they are asked for; then it is closed. */
function terminal(
  chunks: readonly (string | Uint8Array)[],
  { isTerminal = true, isSeen = true } = {},
): TypedTerminal {
  const fake = fakeScreen();
  const switches: boolean[] = [];
  const left = chunks.map((each) =>
    typeof each === "string" ? new TextEncoder().encode(each) : each
  );
  const input: TerminalInput = {
    isTerminal: () => isTerminal,
    setRaw: (isRaw) => void switches.push(isRaw),
    read(buffer): Promise<number | null> {
      assert.isTrue(switches.at(-1), "the terminal is not raw");
      const chunk = left.shift();
      if (!chunk) return Promise.resolve(null);
      buffer.set(chunk);
      return Promise.resolve(chunk.length);
    },
  };
  const prompter = terminalPrompter(fake.screen, input, isSeen);
  return { prompter, shown: fake.error, out: fake.out, switches };
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    assert.instanceOf(error, WeftError);
    return error.message;
  }
  assert.fail("nothing failed");
}

test("readSecret() answers what was typed and shows nothing of it", async () => {
  const { prompter, shown, out } = terminal(["s3", "cr", "et\r"]);
  assert.equal(await prompter.readSecret("Password:"), "s3cret");
  assert.deepEqual([shown(), out()], ["Password: \n", ""]);
});

test("readSecret() shows nothing of backspaces, Ctrl-U and arrow keys either", async () => {
  const { prompter, shown } = terminal(["wrong\x15s3x\x7f\x1b[D\r"]);
  assert.equal(await prompter.readSecret("Password:"), "s3");
  assert.equal(shown(), "Password: \n");
});

test("readLine() shows what is typed, and draws the answer anew after a backspace", async () => {
  const { prompter, shown } = terminal(["n", "o", "\x7f\x7f", "y", "\r"]);
  assert.equal(await prompter.readLine("Sure?"), "y");
  assert.equal(shown(), "Sure? \x1b7no\x1b8\x1b[Jn\x1b8\x1b[Jy\n");
});

test("a letter may come in parts", async () => {
  const bytes = new TextEncoder().encode("é🦊\r");
  const { prompter } = terminal([...bytes].map((byte) => Uint8Array.of(byte)));
  assert.equal(await prompter.readSecret("?"), "é🦊");
});

test("bytes that are no UTF-8 do not end the question", async () => {
  const { prompter } = terminal([Uint8Array.of(0x61, 0xe9, 0x62, 0x0d)]);
  assert.equal(await prompter.readSecret("?"), "a\uFFFDb");
});

test("of a paste of two lines each question takes one", async () => {
  for (const end of ["\r", "\n", "\r\n"]) {
    const { prompter } = terminal([`one${end}two${end}`]);
    assert.equal(await prompter.readSecret("First:"), "one");
    assert.equal(await prompter.readSecret("Second:"), "two");
  }
});

test("a line's end that is cut in two between chunks is one Enter", async () => {
  const { prompter } = terminal(["one\r", "\ntwo\r"]);
  assert.equal(await prompter.readSecret("First:"), "one");
  assert.equal(await prompter.readSecret("Second:"), "two");
});

test("an empty line is an empty answer", async () => {
  assert.equal(await terminal(["\r"]).prompter.readSecret("?"), "");
});

test("a long paste is read whole", async () => {
  const words = "abandon ".repeat(1500);
  const chunks = words.match(/.{1,4096}/g) ?? [];
  assert.equal(await terminal([...chunks, "\r"]).prompter.readSecret("?"), words);
});

test("the terminal is raw while it is asked, and only then", async () => {
  const { prompter, switches } = terminal(["a\r", "b\r"]);
  await prompter.readSecret("?");
  await prompter.readLine("?");
  assert.deepEqual(switches, [true, false, true, false]);
});

test("Ctrl-C, Ctrl-D and a closed terminal set the terminal back and end the question", async () => {
  const cases: [string[], string][] = [
    [["pass\x03"], "stopped by Ctrl-C"],
    [["\x04"], "no answer was given"],
    [["pass"], "the terminal was closed before an answer came"],
  ];
  for (const [chunks, message] of cases) {
    const { prompter, switches, shown } = terminal(chunks);
    assert.equal(await failure(prompter.readSecret("Password:")), message);
    assert.deepEqual(switches, [true, false]);
    assert.equal(shown(), "Password: \n");
  }
});

test("without a terminal no question is asked, and the error tells which", async () => {
  for (const options of [{ isTerminal: false }, { isSeen: false }]) {
    const { prompter, shown, switches } = terminal(["secret\r"], options);
    assert.isFalse(prompter.isInteractive);
    assert.include(await failure(prompter.readSecret("Password:")), '"Password:"');
    assert.include(await failure(prompter.readLine("Sure?")), '"Sure?"');
    assert.deepEqual([shown(), switches], ["", []]);
  }
});

test("say() is heard on stderr, also without a terminal", () => {
  const { prompter, shown, out } = terminal([], { isTerminal: false });
  prompter.say("Hear.");
  assert.deepEqual([shown(), out()], ["Hear.\n", ""]);
});
