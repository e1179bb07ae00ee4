/**
 * The relay over real HTTP and WebSockets: a validator's dendrite asks, a tab answers and signs.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { bytesToHex } from "@noble/hashes/utils.js";
import { WebSocket as NodeSocket } from "ws";
import { isSuccess } from "../../../core/compute/dendrite.ts";
import { proofText } from "../../../core/compute/relay/relay_frames.ts";
import { createSynapse } from "../../../core/compute/synapse/synapse.ts";
import { CHALLENGE, PING } from "../../../core/compute/synapse/synapses.ts";
import { ALICE, BOB } from "../../iota/api/api_setup.ts";
import { failureOf } from "../../harness/kept_log.ts";
import { connectTab, type RelaySetup, withDendrite, withRelay } from "./relay_setup.ts";

const NOTHING = {};

const target = ({ axon }: RelaySetup, hotkey = BOB.address): Parameters<
  Parameters<Parameters<typeof withDendrite>[1]>[0]["call"]
>[0] => ({ ...axon, hotkey });

/** Sends what a test says, and gives all that comes until the connection is closed. */
function converse(
  url: string,
  onHello: (send: (text: string) => void, nonce: string) => void,
): Promise<string[]> {
  const socket = new NodeSocket(url);
  const heard: string[] = [];
  return new Promise((resolve) => {
    socket.on("message", (data) => {
      heard.push(`${data}`);
      if (heard.length === 1) onHello((text) => socket.send(text), JSON.parse(`${data}`).nonce);
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(heard));
  });
}

/** //Bob's proof for a relay of some name. */
function proof(nonce: string, relay: string): string {
  const text = new TextEncoder().encode(proofText(nonce, BOB.address, relay));
  const signature = bytesToHex(BOB.signSync(text));
  return JSON.stringify({ kind: "prove", hotkey: BOB.address, relay, signature });
}

test("a ping reaches the tab that holds the hotkey, and its answer comes back", async () => {
  await withRelay(async (setup) => {
    const tab = await connectTab(setup, BOB);
    assert.deepEqual(await tab.welcomed, setup.axon);
    await withDendrite(ALICE, async (dendrite) => {
      const answer = await dendrite.call(target(setup), createSynapse(PING, {}));
      assert.isTrue(isSuccess(answer), answer.dendrite.statusMessage ?? "");
      assert.equal(answer.axon.statusCode, 200);
    });
    tab.leave();
  });
});

test("a challenge goes to the tab with its fields, and the tab's output comes back", async () => {
  await withRelay(async (setup) => {
    const tab = await connectTab(setup, BOB, {
      prepare: (axon) =>
        axon.attach({
          kind: CHALLENGE,
          forward: ({ synapse: { fields }, hotkey }) =>
            Promise.resolve({ ...fields, output: { password: fields.challenge_mask, hotkey } }),
        }),
    });
    await tab.welcomed;
    await withDendrite(ALICE, async (dendrite) => {
      const asked = createSynapse(CHALLENGE, {
        ...{ challenge_hash: "", challenge_salt: "", challenge_mode: "610", challenge_chars: "ab" },
        ...{ challenge_mask: "?1?1", challenge_difficulty: 2, output: {} },
      });
      const { fields } = await dendrite.call(target(setup), asked);
      assert.deepEqual(fields.output, { password: "?1?1", hotkey: ALICE.address });
    });
    tab.leave();
  });
});

test("of two tabs each gets what is addressed to its own hotkey", async () => {
  await withRelay(async (setup) => {
    const tabs = [await connectTab(setup, BOB), await connectTab(setup, ALICE)];
    await Promise.all(tabs.map(({ welcomed }) => welcomed));
    await withDendrite(ALICE, async (dendrite) => {
      for (const key of [BOB, ALICE]) {
        const answer = await dendrite.call(target(setup, key.address), createSynapse(PING, {}));
        assert.isTrue(isSuccess(answer));
      }
    });
    tabs.forEach(({ leave }) => leave());
  });
});

test("a hotkey that nobody has proved to hold is not there", async () => {
  await withRelay(async (setup) => {
    await withDendrite(ALICE, async (dendrite) => {
      const { dendrite: { statusCode, statusMessage } } = await dendrite.call(
        target(setup),
        createSynapse(PING, {}),
      );
      assert.equal(statusCode, 503);
      assert.match(statusMessage ?? "", /No miner of this hotkey/);
    });
  });
});

test("who proves another's hotkey is sent away, and gets none of its requests", async () => {
  await withRelay(async (setup) => {
    const forged = { address: BOB.address, publicKey: BOB.publicKey, sign: ALICE.sign.bind(ALICE) };
    const thief = await connectTab(setup, ALICE, { signer: forged });
    assert.match(String(await failureOf(thief.ended)), /signature is not the hotkey's/);
    assert.deepEqual(setup.relay.hotkeys, []);
  });
});

test("a request that is not signed by who it names does not reach the tab", async () => {
  await withRelay(async (setup) => {
    let asked = 0;
    const tab = await connectTab(setup, BOB, {
      prepare: (axon) =>
        axon.attach({
          kind: PING,
          forward: ({ synapse: { fields } }) => {
            asked += 1;
            return Promise.resolve(fields);
          },
        }),
    });
    await tab.welcomed;
    const headers = {
      bt_header_axon_hotkey: BOB.address,
      bt_header_dendrite_hotkey: ALICE.address,
    };
    const url = `http://${setup.axon.ip}:${setup.axon.port}/Synapse`;
    const { status, ...rest } = await fetch(url, { method: "POST", headers, body: "{}" });
    assert.equal(status, 401, JSON.stringify(rest));
    assert.equal(asked, 0);
    tab.leave();
  });
});

test("a tab that comes again takes the place of the one before, which is told so", async () => {
  await withRelay(async (setup) => {
    const first = await connectTab(setup, BOB);
    await first.welcomed;
    const second = await connectTab(setup, BOB);
    await second.welcomed;
    assert.match(String(await failureOf(first.ended)), /another tab has proved/);
    await withDendrite(ALICE, async (dendrite) => {
      assert.isTrue(isSuccess(await dendrite.call(target(setup), createSynapse(PING, {}))));
    });
    second.leave();
  });
});

test("a tab that goes while it is asked leaves an answer that says so", async () => {
  await withRelay(async (setup) => {
    const asked = Promise.withResolvers<void>();
    const tab = await connectTab(setup, BOB, {
      prepare: (axon) =>
        axon.attach({
          kind: PING,
          forward: () => {
            asked.resolve();
            return Promise.withResolvers<typeof NOTHING>().promise;
          },
        }),
    });
    await tab.welcomed;
    await withDendrite(ALICE, async (dendrite) => {
      const answering = dendrite.call(target(setup), createSynapse(PING, {}));
      await asked.promise;
      tab.leave();
      const { dendrite: { statusCode, statusMessage } } = await answering;
      assert.equal(statusCode, 503);
      assert.match(statusMessage ?? "", /The miner is gone/);
    });
  });
});

test("what is no proof ends the connection with a reason", async () => {
  for (
    const [text, reason] of [
      ["no json", /cannot be read/],
      ['{"kind":"pong"}', /proves first/],
      [
        `{"kind":"prove","hotkey":"5nobody","relay":"a","signature":"${"0".repeat(128)}"}`,
        /hotkey/,
      ],
      ['{"kind":"answer","id":0,"status":200,"headers":{},"body":""}', /proves first/],
    ] as const
  ) {
    await withRelay(async ({ url }) => {
      const [, refusal] = await converse(url, (send) => send(text));
      assert.match(JSON.parse(refusal).reason, reason);
    });
  }
});

test("a proof that was heard on another connection is no proof here", async () => {
  await withRelay(async ({ url, relay }) => {
    const name = new URL(url).host;
    let first = "";
    await converse(url, (send, nonce) => {
      first = proof(nonce, name);
      send("x");
    });
    const [, refusal] = await converse(url, (send) => send(first));
    assert.match(JSON.parse(refusal).reason, /signature is not the hotkey's/);
    assert.deepEqual(relay.hotkeys, []);
  });
});

test("a proof for another relay, passed on by it, is no proof here", async () => {
  await withRelay(async ({ url, relay }) => {
    const [, refusal] = await converse(url, (send, nonce) => send(proof(nonce, "other.example")));
    assert.match(JSON.parse(refusal).reason, /not known as other\.example/);
    const claimed = (nonce: string): string =>
      proof(nonce, "other.example").replace("other.example", new URL(url).host);
    const [, second] = await converse(url, (send, nonce) => send(claimed(nonce)));
    assert.match(JSON.parse(second).reason, /signature is not the hotkey's/);
    assert.deepEqual(relay.hotkeys, []);
  });
});

test("a relay that ends sends its tabs away for a while, those that have not proved themselves too", async () => {
  await withRelay(async (setup) => {
    const tab = await connectTab(setup, BOB);
    await tab.welcomed;
    const waiting = converse(setup.url, () => setup.relay.close());
    const refusal = JSON.parse((await waiting)[1]);
    assert.deepInclude(refusal, { reason: "the relay ends", isFinal: false });
    const next = await connectTab(setup, BOB);
    await next.welcomed;
    next.leave();
    tab.leave();
    await tab.ended;
  });
});

test("a frame that is too large ends its connection, and the relay goes on", async () => {
  await withRelay(async (setup) => {
    await converse(setup.url, (send) => send("x".repeat(5 * 1024 ** 2)));
    const tab = await connectTab(setup, BOB);
    await tab.welcomed;
    tab.leave();
  });
});

test("a connection to another path is closed", async () => {
  await withRelay(async ({ url }) => {
    assert.deepEqual(await converse(url.replace("/relay", "/other"), () => {}), []);
  });
});

test("one address has no more than sixteen connections", async () => {
  await withRelay(async ({ url }) => {
    const sockets = Array.from({ length: 16 }, () => new NodeSocket(url));
    await Promise.all(sockets.map((socket) => new Promise((done) => socket.once("message", done))));
    const [refusal] = await converse(url, () => {});
    assert.match(JSON.parse(refusal).reason, /too many tabs/);
    const closed = sockets.map((socket) => new Promise((done) => socket.once("close", done)));
    sockets.forEach((socket) => socket.close());
    await Promise.all(closed);
  });
});
