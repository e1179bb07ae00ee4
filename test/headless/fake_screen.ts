/**
 * A screen that keeps what is written on it.
 *
 * @module
 */

import { Screen } from "../../headless/screen.ts";

/** What a fake screen is like; a narrow pipe without colours unless said otherwise. */
export interface FakeScreenOptions {
  readonly columns?: number;
  readonly isLive?: boolean;
  readonly hasColour?: boolean;
}

/** A screen, and the two streams behind it. */
export interface FakeScreen {
  readonly screen: Screen;
  /** All that was written on stdout so far. */
  out(): string;
  /** All that was written on stderr so far. */
  error(): string;
}

/** Makes a {@linkcode FakeScreen}. */
export function fakeScreen(options: FakeScreenOptions = {}): FakeScreen {
  let [out, error] = ["", ""];
  const { columns = 80, isLive = false, hasColour = false } = options;
  const screen = new Screen({
    ...{ columns, isLive, hasColour },
    writeOut: (text) => void (out += text),
    writeError: (text) => void (error += text),
  });
  return { screen, out: () => out, error: () => error };
}
