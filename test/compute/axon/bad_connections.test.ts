/**
 * Connections that mean ill: too many, too slow, or of nothing.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { once } from "node:events";
import { connect } from "node:net";
import { bareConnection, readAll } from "../../headless/http_setup.ts";
import { PINGED, textOf, withMiner } from "./bad_input_setup.ts";

test("connections beyond an address's bound are closed, and there is room again when one ends", () =>
  withMiner(async ({ port, send, validator }) => {
    const held = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
    await Promise.all(held.map((socket) => once(socket, "connect")));
    // The server has seen both when the third, which it accepts after them, is closed.
    assert.equal(await readAll(bareConnection(port, "").on("error", () => {})).catch(() => ""), "");
    for (const socket of held) {
      socket.end();
      await once(socket.resume(), "close");
    }
    assert.equal((await send(await validator().request(PINGED))).status, 200);
  }, { connections: { total: 100, ofAddress: 2 } }));

test("a refused body that drips holds its connection no longer than others", () =>
  withMiner(async ({ port, validator }) => {
    const request = await validator().request(PINGED);
    const text = textOf({ ...request, path: "/Nope" }).replace(
      /content-length: \d+/,
      (length) => `${length}0`,
    ).replace("connection: close\r\n", "");
    const socket = bareConnection(port, text);
    const [answer] = await once(socket.setEncoding("latin1"), "data");
    assert.match(answer, /^HTTP\/1\.1 404 /);
    await once(socket, "close");
  }, { ignoredMs: 20 }));

test("what is no HTTP is answered with 400", () =>
  withMiner(async ({ sendText }) => {
    for (const text of ["\x16\x03\x01\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "{}\r\n\r\n"]) {
      assert.equal((await sendText(text)).status, 400, text);
    }
  }));

test("who connects and closes half, or says half a request and goes, leaves nothing behind", () =>
  withMiner(async ({ port, validator }) => {
    const text = textOf(await validator().request(PINGED));
    for (const part of ["", "P", text.slice(0, 200), text.slice(0, -1)]) {
      const socket = bareConnection(port, part);
      socket.end();
      assert.notInclude(await readAll(socket).catch(() => ""), "HTTP/1.1 200");
    }
  }));

test("who resets at once leaves nothing behind", () =>
  withMiner(async ({ port, validator }) => {
    const text = textOf(await validator().request(PINGED));
    for (let at = 0; at < 50; at++) {
      const socket = bareConnection(port, text);
      await once(socket, "connect");
      socket.resetAndDestroy();
    }
  }));
