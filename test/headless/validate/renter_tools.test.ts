import { createServer } from "node:net";
import { test } from "#test";
import { assert } from "chai";
import { readRentalKey } from "../../../core/compute/allocation/rental_key.ts";
import { newRenterKey } from "../../../headless/validate/renter_key.ts";
import { answersSsh } from "../../../headless/validate/ssh_probe.ts";
import { failureOf } from "../../harness/kept_log.ts";

const forever = new AbortController().signal;

/** A server that greets with a text, while the body runs. */
async function withGreeter(
  greeting: string | undefined,
  body: (port: number) => Promise<void>,
): Promise<void> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (greeting === undefined) return;
    socket.end(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  try {
    await body(typeof address === "object" && address ? address.port : 0);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

test("a miner seals with the key, and only its owner opens", async () => {
  const [key, other] = await Promise.all([newRenterKey(), newRenterKey()]);
  const sealed = await (await readRentalKey(key.pem, crypto.subtle)).encrypt('{"port":4444}');
  assert.equal(await key.open(sealed.toBase64()), '{"port":4444}');
  assert.instanceOf(await failureOf(other.open(sealed.toBase64())), Error);
});

test("a server that greets as SSH does answers", async () => {
  await withGreeter("SSH-2.0-OpenSSH_9.6\r\n", async (port) => {
    assert.isTrue(await answersSsh("127.0.0.1", port, forever));
  });
});

for (const greeting of ["HTTP/1.1 400 Bad Request\r\n\r\n", ""]) {
  test(`a server that says ${JSON.stringify(greeting.slice(0, 8))} is no SSH`, async () => {
    await withGreeter(greeting, async (port) => {
      assert.isFalse(await answersSsh("127.0.0.1", port, forever));
    });
  });
}

test("a closed port does not answer", async () => {
  let closed = 0;
  await withGreeter("", (port) => Promise.resolve(void (closed = port)));
  assert.isFalse(await answersSsh("127.0.0.1", closed, forever));
});

test("a stop ends a wait for a server that says nothing", async () => {
  await withGreeter(undefined, async (port) => {
    const stop = new AbortController();
    const answer = answersSsh("127.0.0.1", port, stop.signal);
    stop.abort();
    assert.isFalse(await answer);
  });
});
