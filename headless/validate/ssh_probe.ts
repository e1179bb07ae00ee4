/**
 * Whether SSH answers at an address.
 *
 * @module
 */

import { connect } from "node:net";

const SSH_TIMEOUT_MS = 10_000;

/** Whether a server there greets as SSH does (RFC 4253, 4.2), within 10 seconds. */
export function answersSsh(ip: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port });
    const stop = (): void => end(false);
    const timer = setTimeout(stop, SSH_TIMEOUT_MS);
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      socket.destroy();
      resolve(answer);
    };
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    socket.once("data", (bytes) => end(`${bytes}`.startsWith("SSH-")));
    socket.once("error", stop);
    socket.once("close", stop);
  });
}
