/**
 * Asks the person at the terminal. The terminal is in raw mode while it waits, so that a secret is
 * not shown and Ctrl-C ends the question and not half of the program; it is set back whatever
 * happens. Questions go to stderr, so that stdout holds results only.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import type { Screen } from "../screen.ts";
import type { Prompter } from "./system.ts";
import { type KeyEffect, TypedLine } from "./typed_line.ts";

/** What a terminal sends: `Deno.stdin`, or what a test types. */
export interface TerminalInput {
  isTerminal(): boolean;
  /** Whether keys come one by one and unshown. */
  setRaw(isRaw: boolean): void;
  /** The number of bytes that came; null when nothing will come any more. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/**
 * A prompter at this process's terminal.
 *
 * @param isSeen whether what the screen writes on stderr is seen by the person who types
 */
export function terminalPrompter(
  screen: Screen,
  input: TerminalInput = Deno.stdin,
  isSeen = Deno.stderr.isTerminal(),
): Prompter {
  const terminal = new Terminal(screen, input);
  const isInteractive = isSeen && input.isTerminal();
  const ask = (question: string, isShown: boolean): Promise<string> =>
    isInteractive ? terminal.ask(question, isShown) : Promise.reject(
      new WeftError(`no one is there to answer "${question}": run this in a terminal`),
    );
  return {
    isInteractive,
    readLine: (question) => ask(question, true),
    readSecret: (question) => ask(question, false),
    say: (text) => screen.message(text),
  };
}

const KEEP_CURSOR = "\x1b7";
const BACK_TO_CURSOR = "\x1b8";
const CLEAR_BELOW = "\x1b[J";

class Terminal {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Typed or pasted, and not yet read by a question. */
  #waiting: string[] = [];
  #wasCarriageReturn = false;

  constructor(readonly screen: Screen, readonly input: TerminalInput) {}

  async ask(question: string, isShown: boolean): Promise<string> {
    this.screen.endStatus();
    this.#write(`${question} ${isShown ? KEEP_CURSOR : ""}`);
    this.input.setRaw(true);
    try {
      return await this.#readLine(isShown);
    } finally {
      this.input.setRaw(false);
      this.#write("\n");
    }
  }

  async #readLine(isShown: boolean): Promise<string> {
    const line = new TypedLine();
    while (true) {
      const before = line.text;
      const effect = line.type(await this.#nextCharacter());
      if (isShown) this.#show(before, line.text);
      if (effect === "done") return line.text;
      if (effect !== "typing") throw new WeftError(STOPPED[effect]);
    }
  }

  async #nextCharacter(): Promise<string> {
    while (true) {
      const character = this.#waiting.shift() ?? await this.#receive();
      // Some terminals paste a line's end as two characters, which is one Enter.
      const isSecondHalf = character === "\n" && this.#wasCarriageReturn;
      this.#wasCarriageReturn = character === "\r";
      if (!isSecondHalf) return character;
    }
  }

  async #receive(): Promise<string> {
    const buffer = new Uint8Array(4096);
    while (true) {
      const count = await this.input.read(buffer);
      if (count === null) throw new WeftError("the terminal was closed before an answer came");
      const text = this.#decoder.decode(buffer.subarray(0, count), { stream: true });
      // What was typed may be secret.
      buffer.fill(0);
      const [first, ...others] = text;
      this.#waiting.push(...others);
      if (first !== undefined) return first;
    }
  }

  #show(before: string, after: string): void {
    if (after === before) return;
    const isLonger = after.startsWith(before);
    this.#write(isLonger ? after.slice(before.length) : BACK_TO_CURSOR + CLEAR_BELOW + after);
  }

  #write(text: string): void {
    this.screen.target.writeError(text);
  }
}

const STOPPED: Record<Exclude<KeyEffect, "typing" | "done">, string> = {
  interrupt: "stopped by Ctrl-C",
  end: "no answer was given",
};
