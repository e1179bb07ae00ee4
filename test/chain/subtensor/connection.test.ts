/**
 * Tests of the connection, over sockets of this machine that misbehave.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { type Connection, openConnection } from "../../../core/chain/subtensor/connection.ts";
import { RpcError } from "../../../core/chain/subtensor/rpc_message.ts";
import { ConnectionLostError } from "../../../core/chain/subtensor/rpc_socket.ts";
import { WeftError } from "../../../core/errors.ts";
import type { Log, Socket } from "../../../core/host.ts";
import { rejection } from "./rejection.ts";
import { GENESIS, MadeChain } from "./made_chain.ts";
import { PLAIN_RUNTIME } from "./made_runtime.ts";
import { ManualClock } from "./manual_clock.ts";
import { type Answer, Refusal, RpcServer } from "./rpc_server.ts";

const LIMIT_MS = 20_000;
/** The first pause before connecting again. */
const PAUSE_MS = 250;
const SILENCE: Answer = () => undefined;

interface Scene {
  readonly server: RpcServer;
  readonly clock: ManualClock;
  /** Messages to the user. */
  readonly told: string[];
  open(): Promise<Connection>;
}

/** Runs with a server and a clock of its own. */
async function withServer(answer: Answer, work: (scene: Scene) => Promise<void>): Promise<void> {
  const server = new RpcServer(answer);
  try {
    await work(scene(server, server.address));
  } finally {
    await server.stop();
  }
}

function scene(server: RpcServer, endpoint: string): Scene {
  const clock = new ManualClock();
  const told: string[] = [];
  const tell = (message: string): void => void told.push(message);
  const log: Log = { debug: () => {}, info: tell, warn: tell, error: tell };
  const openSocket = (address: string): Socket => new WebSocket(address);
  const open = (): Promise<Connection> =>
    openConnection({ endpoint, openSocket, clock, log, timeoutMs: LIMIT_MS });
  return { server, clock, told, open };
}

/** Runs with a connection to a made-up chain. */
async function withConnection(
  work: (connection: Connection, scene: Scene) => Promise<void>,
): Promise<void> {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  await withServer(chain.answer, async (scene) => {
    const connection = await scene.open();
    try {
      await work(connection, scene);
    } finally {
      await connection.close();
    }
    assert.equal(scene.clock.asleep, 0, "timers that are left");
  });
}

test("a connection knows its chain and the chain's runtime", async () => {
  await withConnection((connection) => {
    assert.equal(connection.genesisHash, GENESIS);
    assert.equal(connection.api.runtimeVersion.specVersion.toNumber(), 300);
    return Promise.resolve();
  });
});

test("addresses get Subtensor's prefix, whatever the chain says of itself", async () => {
  await withConnection((connection) => {
    assert.equal(connection.api.registry.chainSS58, 42);
    return Promise.resolve();
  });
});

test("a refusal carries the node's code and text", async () => {
  await withConnection(async (connection, { server }) => {
    server.answer = () => {
      throw new Refusal(1010, "Invalid Transaction", "Custom error: 3");
    };
    const error = await rejection(connection.request("author_submitExtrinsic", ["0x00"]));
    assert.instanceOf(error, RpcError);
    assert.deepInclude(error, { code: 1010, text: "Invalid Transaction: Custom error: 3" });
  });
});

test("the library prints nothing, even when the node refuses what it asks", async () => {
  await withConnection(async (connection, { server }) => {
    server.answer = () => {
      throw new Refusal(-32603, "no");
    };
    const printed = await listenToConsole(async () => {
      assert.instanceOf(await rejection(connection.api.query.system.number()), RpcError);
    });
    assert.deepEqual(printed, []);
  });
});

test("a node that never answers is given up when the time is up, and named", async () => {
  await withServer(SILENCE, async ({ server, clock, open }) => {
    const error = rejection(open());
    await clock.sleeping(LIMIT_MS);
    clock.advance(LIMIT_MS);
    assert.instanceOf(await error, WeftError);
    assert.match((await error).message, /within 20 s: check the address/);
    assert.include((await error).message, server.address);
  });
});

test("a node that falls silent while it is opened is given up in the same time", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  const { promise, resolve: fallSilent } = Promise.withResolvers<void>();
  const answer: Answer = (method, params) => {
    if (method !== "system_chain") return chain.answer(method, params);
    fallSilent();
    return undefined;
  };
  await withServer(answer, async ({ clock, open }) => {
    const printed = await listenToConsole(async () => {
      const error = rejection(open());
      await promise;
      clock.advance(LIMIT_MS);
      assert.include((await error).message, "within 20 s");
    });
    assert.deepEqual(printed, []);
  });
});

test("an address where nobody listens is named, with what to try", async () => {
  const server = new RpcServer(SILENCE);
  await server.stop();
  const error = await rejection(scene(server, server.address).open());
  assert.instanceOf(error, WeftError);
  assert.include(error.message, server.address);
  assert.include(error.message, "--subtensor.chain_endpoint");
});

test("a web server is no node", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("hello"),
  );
  const fake = new RpcServer(SILENCE);
  const error = await rejection(scene(fake, `ws://127.0.0.1:${server.addr.port}`).open());
  assert.instanceOf(error, WeftError);
  await Promise.all([server.shutdown(), fake.stop()]);
});

test("what is no address is said to be none", async () => {
  await withServer(SILENCE, async ({ server }) => {
    const error = await rejection(scene(server, "wss://").open());
    assert.include(error.message, '"wss://" is no address of a chain');
  });
});

test("a server that speaks another protocol is named", async () => {
  for (const nonsense of ["220 mail.example ESMTP", "[]", '{"id":1}']) {
    await withServer(SILENCE, async ({ server, open }) => {
      server.nonsense = nonsense;
      const { message } = await rejection(open());
      assert.match(message, /another protocol than JSON-RPC/);
      assert.include(message, server.address);
    });
  }
});

test("a server of JSON-RPC that knows no blocks is no Subtensor node", async () => {
  const answer: Answer = () => {
    throw new Refusal(-32601, "the method does not exist");
  };
  await withServer(answer, async ({ server, open }) => {
    const { message } = await rejection(open());
    assert.match(message, /is no Subtensor node: .*chain_getBlockHash: -32601/);
    assert.include(message, server.address);
  });
});

test("a node that knows no block 0 is no Subtensor node", async () => {
  await withServer(() => null, async ({ open }) => {
    assert.include((await rejection(open())).message, "for block 0");
  });
});

test("another Substrate chain is named by what it runs", async () => {
  const runtime = { ...PLAIN_RUNTIME, palletName: "Assets" };
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  const foreign = MadeChain.metadataAnswer(runtime);
  const answer: Answer = (method, params) => foreign(method) ?? chain.answer(method, params);
  await withServer(answer, async ({ open }) => {
    assert.include((await rejection(open())).message, "no Subtensor chain: it runs node-subtensor");
  });
});

test("metadata that cannot be read are an error of one line", async () => {
  const chain = await MadeChain.open(PLAIN_RUNTIME);
  const answer: Answer = (method, params) => {
    if (method === "state_getMetadata") return "0x6d6574610fff";
    if (method === "state_call") throw new Refusal(-32603, "no");
    return chain.answer(method, params);
  };
  await withServer(answer, async ({ open }) => {
    // This the library does print.
    await listenToConsole(async () => {
      const { message } = await rejection(open());
      assert.include(message, "the metadata of runtime node-subtensor 300 cannot be read");
      assert.notInclude(message, "\n");
    });
  });
});

test("a request on its way when the connection is cut is asked again", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const { answer } = server;
    server.answer = (): void => {
      server.answer = answer;
      server.drop();
    };
    const name = connection.request("system_chain", []);
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    assert.equal(await name, "made up");
    assert.equal(server.connections, 2);
  });
});

test("a request waits while there is no connection", async () => {
  await withConnection(async (connection, { server, clock, told }) => {
    server.drop();
    await clock.sleeping(PAUSE_MS);
    const name = connection.request("system_chain", []);
    clock.advance(PAUSE_MS);
    assert.equal(await name, "made up");
    assert.match(told[0], /was lost .*: connecting again/);
    assert.match(told[1], /connected to .* again/);
  });
});

test("pauses between attempts double", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const { answer } = server;
    server.answer = () => {
      throw new Refusal(-32000, "starting");
    };
    server.drop();
    for (const pauseMs of [250, 500, 1000, 2000]) {
      await clock.sleeping(pauseMs);
      clock.advance(pauseMs);
    }
    await clock.sleeping(4000);
    server.answer = answer;
    clock.advance(4000);
    await connection.ready();
    assert.equal(server.connections, 6);
  });
});

test("waiting for a connection ends when the time is up", async () => {
  await withConnection(async (connection, { server, clock }) => {
    server.answer = SILENCE;
    server.drop();
    await clock.sleeping(PAUSE_MS);
    const errors = [rejection(connection.ready()), rejection(connection.request("x", []))];
    clock.advance(LIMIT_MS);
    for (const error of await Promise.all(errors)) {
      assert.match(error.message, /was lost and is not back within 20 s/);
    }
  });
});

test("a node that does not answer a request is taken for gone", async () => {
  await withConnection(async (connection, { server, clock, told }) => {
    const { answer } = server;
    const { promise: isAsked, resolve: hear } = Promise.withResolvers<void>();
    server.answer = () => void hear();
    const error = rejection(connection.request("state_call", []));
    await isAsked;
    clock.advance(LIMIT_MS);
    assert.include((await error).message, "no answer to state_call within 20 s");
    server.answer = answer;
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    await connection.ready();
    assert.equal(server.connections, 2);
    assert.include(told[0], "no answer to state_call");
  });
});

test("a node that was silent is asked for a sign of life, and any answer will do", async () => {
  await withConnection(async (connection, { server, clock }) => {
    server.asked.length = 0;
    await clock.sleeping(LIMIT_MS);
    clock.advance(LIMIT_MS);
    await connection.request("system_chain", []);
    assert.include(server.asked, "system_health");
    assert.equal(server.connections, 1);
  });
});

test("nonsense in the middle is a cut", async () => {
  await withConnection(async (connection, { server, clock }) => {
    server.nonsense = "hello";
    const name = connection.request("system_chain", []);
    await clock.sleeping(PAUSE_MS);
    server.nonsense = undefined;
    clock.advance(PAUSE_MS);
    assert.equal(await name, "made up");
  });
});

test("another chain at the same address ends everything", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const { answer } = server;
    const other = `0x${"46".repeat(32)}`;
    server.answer = (method, params) =>
      method === "chain_getBlockHash" && params[0] === 0 ? other : answer(method, params);
    server.drop();
    await clock.sleeping(PAUSE_MS);
    const waiting = rejection(connection.request("system_chain", []));
    clock.advance(PAUSE_MS);
    assert.match(
      (await waiting).message,
      /serves another chain than before: its genesis is 0x4646/,
    );
    const later = await rejection(connection.request("system_chain", []));
    assert.include(later.message, "serves another chain");
    assert.equal(server.connections, 2);
  });
});

test("a subscription that hears of its loss is not made again", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const { promise: isLost, resolve: onLost } = Promise.withResolvers<void>();
    const { answer } = server;
    server.answer = (method, params) => method === "follow" ? "s" : answer(method, params);
    const subscription = { method: "follow", unsubscribe: "leave", params: [], onItem: () => {} };
    await connection.subscribe({ ...subscription, onLost });
    server.drop();
    await isLost;
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    await connection.ready();
    assert.lengthOf(server.asked.filter((method) => method === "follow"), 1);
  });
});

test("a subscription that is cut before it is taken says so", async () => {
  await withConnection(async (connection, { server }) => {
    server.answer = () => void server.drop();
    const subscription = { method: "hand_in", unsubscribe: "x", params: [], onItem: () => {} };
    const error = await rejection(connection.subscribe({ ...subscription, onLost: () => {} }));
    assert.instanceOf(error, ConnectionLostError);
    assert.lengthOf(server.asked.filter((method) => method === "hand_in"), 1);
  });
});

test("a subscription for good is made again after a cut", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const items: unknown[] = [];
    const { answer } = server;
    const onItem = (item: unknown): void => void items.push(item);
    server.answer = (method, params) =>
      method === "follow" ? `s${server.connections}` : answer(method, params);
    const stop = await connection.subscribe({
      ...{ method: "follow", unsubscribe: "leave", params: [], onItem },
    });
    server.tell("s1", "before");
    server.drop();
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    await connection.ready();
    server.tell("s2", "after");
    await connection.request("system_chain", []);
    stop();
    server.tell("s2", "unheard");
    await connection.request("system_chain", []);
    assert.deepEqual(items, ["before", "after"]);
    assert.include(server.asked, "leave");
  });
});

test("an item before the answer that names its subscription is not lost", async () => {
  await withConnection(async (connection, { server }) => {
    const items: unknown[] = [];
    server.answer = (): string => {
      server.tell("s", "early");
      return "s";
    };
    const onItem = (item: unknown): void => void items.push(item);
    await connection.subscribe({ method: "follow", unsubscribe: "leave", params: [], onItem });
    assert.deepEqual(items, ["early"]);
  });
});

test("an upgrade of the runtime replaces the library's object", async () => {
  await withConnection(async (connection, { server, told }) => {
    const before = connection.api;
    const upgraded = await MadeChain.open({
      ...PLAIN_RUNTIME,
      specVersion: 301,
      calls: ["register_limit"],
    });
    server.answer = upgraded.answer;
    server.tell("runtime version", upgraded.answer("state_getRuntimeVersion", []));
    await connection.request("system_chain", []);
    await connection.ready();
    assert.notStrictEqual(connection.api, before);
    assert.hasAllKeys(connection.api.tx.subtensorModule, ["registerLimit"]);
    assert.match(told[0], /new runtime: spec 301/);
  });
});

test("an upgrade during a cut is noticed", async () => {
  await withConnection(async (connection, { server, clock }) => {
    server.answer = (await MadeChain.open({ ...PLAIN_RUNTIME, specVersion: 302 })).answer;
    server.drop();
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    await connection.ready();
    assert.equal(connection.api.runtimeVersion.specVersion.toNumber(), 302);
  });
});

test("the same runtime told again changes nothing", async () => {
  await withConnection(async (connection, { server }) => {
    const before = connection.api;
    server.tell("runtime version", server.answer("state_getRuntimeVersion", []));
    server.tell("runtime version", "nonsense");
    await connection.request("system_chain", []);
    await connection.ready();
    assert.strictEqual(connection.api, before);
  });
});

test("closing rejects what waits, and what comes later", async () => {
  await withConnection(async (connection, { server }) => {
    const { promise: isAsked, resolve: hear } = Promise.withResolvers<void>();
    server.answer = () => void hear();
    const waiting = rejection(connection.request("system_chain", []));
    await isAsked;
    await connection.close();
    assert.instanceOf(await waiting, WeftError);
    assert.match((await rejection(connection.ready())).message, /is closed/);
  });
});

test("closing while there is no connection ends the attempts", async () => {
  await withConnection(async (connection, { server, clock }) => {
    server.drop();
    await clock.sleeping(PAUSE_MS);
    await connection.close();
    assert.equal(clock.asleep, 0);
    assert.equal(server.connections, 1);
  });
});

test("closing in the middle of an attempt ends it", async () => {
  await withConnection(async (connection, { server, clock }) => {
    const { promise: isAsked, resolve: hear } = Promise.withResolvers<void>();
    server.answer = () => void hear();
    server.drop();
    await clock.sleeping(PAUSE_MS);
    clock.advance(PAUSE_MS);
    await isAsked;
    await connection.close();
    assert.equal(clock.asleep, 0);
  });
});

/** What is printed while something runs. */
async function listenToConsole(work: () => Promise<void>): Promise<unknown[]> {
  const { console } = globalThis;
  const printed: unknown[] = [];
  const print = (...values: unknown[]): void => void printed.push(values.map(String).join(" "));
  const silent = { ...console, log: print, info: print, warn: print, error: print, debug: print };
  Object.defineProperty(globalThis, "console", { value: silent, configurable: true });
  try {
    await work();
  } finally {
    Object.defineProperty(globalThis, "console", { value: console, configurable: true });
  }
  return printed;
}
