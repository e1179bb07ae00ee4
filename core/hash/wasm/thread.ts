/**
 * The program of a thread that searches.
 *
 * @module
 */
import type { Thread } from "../../host.ts";
import { shapeOf } from "./kernel_graph.ts";
import { KernelChoice } from "./kernels.ts";
import { parseRequest, type Reply, type Request } from "./protocol.ts";
import { ThreadSearch } from "./thread_search.ts";

/** The thread's end of its line to the engine. */
export type Port = Pick<Thread, "post" | "onMessage">;

/**
 * Does what an engine of `openWasmEngine` asks for. An error ends the thread: it is for the host to
 * report it to `Thread.onError`.
 * @param nowMs milliseconds with fractions since some moment
 */
export function serveSearches(port: Port, nowMs: () => number): void {
  const choices = new Map<string, KernelChoice>();
  const searches = new Map<number, ThreadSearch>();
  port.onMessage((message) => {
    const reply = answer(parseRequest(message));
    if (reply) port.post(reply);
  });

  function answer(request: Request): Reply | undefined {
    const { kind, search } = request;
    if (kind === "open") {
      searches.set(search, new ThreadSearch(request.plan, choiceFor(request.plan)));
      return { kind: "opened", search };
    }
    if (kind === "end") {
      searches.delete(search);
      return undefined;
    }
    const found = searches.get(search);
    if (!found) throw new Error(`search ${search} is not open`);
    const suspects = found.run(request.slice, nowMs);
    return { kind: "done", search, suspects, isSettled: found.choice.isSettled };
  }

  function choiceFor(plan: ThreadSearch["plan"]): KernelChoice {
    const shape = shapeOf(plan);
    const key = JSON.stringify(shape);
    const choice = choices.get(key) ?? new KernelChoice(shape);
    choices.set(key, choice);
    return choice;
  }
}
