/**
 * A real Subtensor runtime on this machine: chopsticks runs the one in a raw chain spec, and makes a
 * block for each call. It is no dependency of the project; its package is fetched when the story runs.
 *
 * @module
 */

const PACKAGE = "npm:@acala-network/chopsticks@1.5.1";
/** How long it may take to start, the package's download included. */
const START_MS = 180_000;
const POLL_MS = 200;

/** A running node. */
export interface Chopsticks {
  /** `ws://…` */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts a node.
 *
 * @param spec the file of a raw chain spec
 * @param command what starts chopsticks, if not Deno with its package; split at spaces
 * @throws {Error} with what it wrote if it does not start
 */
export async function startChopsticks(spec: string, command?: string): Promise<Chopsticks> {
  const [program, ...args] = command?.split(" ") ??
    ["deno", "run", "--allow-all", "--no-config", "--no-lock", "--node-modules-dir=none", PACKAGE];
  const port = freePort();
  const child = new Deno.Command(program, {
    args: [
      ...args,
      "--genesis",
      spec,
      "--build-block-mode",
      "Instant",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written: string[] = [];
  const reading = [child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) written.push(text);
  });
  const stop = async (): Promise<void> => {
    try {
      child.kill();
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await Promise.all(reading);
  };
  try {
    await waitForText(written, "RPC listening", child.status);
  } catch (error) {
    await stop();
    throw new Error(`chopsticks did not start: ${written.join("").slice(-2000)}`, { cause: error });
  }
  return { endpoint: `ws://127.0.0.1:${port}`, stop };
}

async function waitForText(
  written: readonly string[],
  text: string,
  ended: Promise<Deno.CommandStatus>,
): Promise<void> {
  let status: Deno.CommandStatus | undefined;
  void ended.then((result) => status = result);
  const endMs = performance.now() + START_MS;
  while (!written.join("").includes(text)) {
    if (status !== undefined) throw new Error(`it ended with ${status.code}`);
    if (performance.now() > endMs) throw new Error("it takes too long");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A port that was free just now. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
