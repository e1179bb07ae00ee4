/**
 * A line as it is typed at a terminal in raw mode, where the program itself must understand the keys.
 *
 * @module
 */

/** What a key did: the line goes on, is whole, or the person wants no more of it. */
export type KeyEffect = "typing" | "done" | "interrupt" | "end";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
const ESCAPE = "\x1b";
const BACKSPACES: readonly string[] = ["\x7f", "\b"];
const ENTERS: readonly string[] = ["\r", "\n"];

/** Takes keys one by one. */
export class TypedLine {
  #characters: string[] = [];
  /** Arrow keys and the like send an escape, a bracket or O, and a letter: none of it is text. */
  #sequence: "none" | "opened" | "inside" = "none";

  get text(): string {
    return this.#characters.join("");
  }

  /** @param character one code point */
  type(character: string): KeyEffect {
    if (character < " " || character === "\x7f") return this.#control(character);
    if (this.#sequence === "none") this.#characters.push(character);
    else this.#sequence = this.#goOn(character);
    return "typing";
  }

  #control(character: string): KeyEffect {
    this.#sequence = character === ESCAPE ? "opened" : "none";
    if (ENTERS.includes(character)) return "done";
    if (character === CTRL_C) return "interrupt";
    if (character === CTRL_D && this.#characters.length === 0) return "end";
    if (character === CTRL_U) this.#characters = [];
    if (BACKSPACES.includes(character)) this.#characters.pop();
    return "typing";
  }

  #goOn(character: string): "none" | "inside" {
    if (this.#sequence === "opened") return /[[O]/.test(character) ? "inside" : "none";
    // ECMA-48: parameters lie below @, and what ends a sequence from @ to ~.
    return character < "@" ? "inside" : "none";
  }
}
