import { test } from "#test";
import { assert } from "chai";
import { type KeyEffect, TypedLine } from "../../../headless/wallet/typed_line.ts";

/** What keys leave as text, and what the last of them did. */
function type(keys: string): { text: string; effect: KeyEffect } {
  const line = new TypedLine();
  let effect: KeyEffect = "typing";
  for (const character of keys) effect = line.type(character);
  return { text: line.text, effect };
}

test("a typed line keeps letters of every script, blanks and signs", () => {
  assert.equal(type("Grün žluť 水 🦊 ~!").text, "Grün žluť 水 🦊 ~!");
});

test("Enter ends a line, as carriage return or as line feed", () => {
  assert.deepEqual(type("ab\r"), { text: "ab", effect: "done" });
  assert.deepEqual(type("ab\n"), { text: "ab", effect: "done" });
});

test("both backspaces take the last letter, also one of many bytes", () => {
  assert.equal(type("ab\x7f").text, "a");
  assert.equal(type("a🦊\b").text, "a");
});

test("a backspace too many does nothing", () => {
  assert.equal(type("a\x7f\x7f\x7fb").text, "b");
});

test("Ctrl-U takes the whole line", () => {
  assert.equal(type("wrong\x15right").text, "right");
});

test("Ctrl-C interrupts wherever it comes", () => {
  for (const keys of ["\x03", "half\x03", "\x1b\x03", "\x1b[1;\x03"]) {
    assert.equal(type(keys).effect, "interrupt");
  }
});

test("Ctrl-D ends an empty line and does nothing in any other", () => {
  assert.equal(type("\x04").effect, "end");
  assert.equal(type("a\x7f\x04").effect, "end");
  assert.deepEqual(type("a\x04"), { text: "a", effect: "typing" });
});

test("arrow keys, function keys and the marks around a paste are no text", () => {
  const keys = ["\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[15~", "\x1b[200~", "\x1b[201~"];
  assert.equal(type(keys.join("x")).text, "xxxxx");
});

test("Alt with a letter is no text", () => {
  assert.equal(type("a\x1bxb").text, "ab");
});

test("Enter after a lone Escape ends the line", () => {
  assert.deepEqual(type("ab\x1b\r"), { text: "ab", effect: "done" });
});

test("other control characters are no text", () => {
  assert.equal(type("a\x00\x01\t\x1a\x1fb").text, "ab");
});
