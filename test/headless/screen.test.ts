import { test } from "#test";
import { assert } from "chai";
import { fakeScreen } from "./fake_screen.ts";

const CLEAR = "\r\x1b[2K";

test("Screen.print() moves the status line below the new line", () => {
  const { screen, out } = fakeScreen({ isLive: true });
  screen.status("busy");
  screen.print("row");
  assert.equal(out(), `${CLEAR}busy${CLEAR}row\nbusy`);
});

test("Screen.message() clears the status line although it goes to another stream", () => {
  const { screen, out, error } = fakeScreen({ isLive: true });
  screen.status("busy");
  screen.message("oh");
  assert.equal(out(), `${CLEAR}busy${CLEAR}busy`);
  assert.equal(error(), "oh\n");
});

test("Screen.status() writes nothing where stdout is no terminal", () => {
  const { screen, out } = fakeScreen();
  screen.status("busy");
  screen.endStatus();
  assert.equal(out(), "");
});

test("Screen.status() cuts a line that would wrap and could not be cleared", () => {
  const { screen, out } = fakeScreen({ isLive: true, columns: 5 });
  screen.status("123456789");
  assert.equal(out(), `${CLEAR}1234`);
});

test("Screen.endStatus() leaves no trace of the status line", () => {
  const { screen, out } = fakeScreen({ isLive: true });
  screen.status("busy");
  screen.endStatus();
  screen.endStatus();
  screen.print("row");
  assert.equal(out(), `${CLEAR}busy${CLEAR}row\n`);
});

test("Screen.style() adds nothing where colours are not wanted", () => {
  assert.equal(fakeScreen().screen.style("red", "x"), "x");
  assert.equal(fakeScreen({ hasColour: true }).screen.style("red", "x"), "\x1b[31mx\x1b[39m");
});
