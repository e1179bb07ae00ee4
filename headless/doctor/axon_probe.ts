/**
 * Asks an address whether an axon is there.
 *
 * @module
 */

import type { DoctorSystem } from "./system.ts";
import { hostPort } from "./ip_kind.ts";
import { TimeIsUpError, within } from "./time_limit.ts";

/** Who is at an address: `other` answers, but not as an axon does; `silent` says nothing in time. */
export type Answerer = "axon" | "other" | "silent";

/** What an axon says to a request for `/` (protocol 1, section 8): its list of synapses. */
const AXON_STATUS = 404;
const AXON_TEXT = "Synapse name";

/** Who is at an address. */
export async function whoAnswers(
  { clock, fetch }: Pick<DoctorSystem, "clock" | "fetch">,
  ip: string,
  port: number,
  limitMs: number,
): Promise<Answerer> {
  const stop = new AbortController();
  const ask = async (): Promise<Answerer> => {
    const url = `http://${hostPort(ip, port)}/`;
    const response = await fetch(url, { redirect: "manual", signal: stop.signal });
    const isAxon = response.status === AXON_STATUS &&
      (await firstText(response)).includes(AXON_TEXT);
    return isAxon ? "axon" : "other";
  };
  try {
    return await within(clock, limitMs, ask());
  } catch (error) {
    return error instanceof TimeIsUpError ? "silent" : "other";
  } finally {
    stop.abort();
  }
}

/** The first piece of a body; an answer without end must not fill the memory. */
async function firstText({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const piece = await reader?.read();
  return new TextDecoder().decode(piece?.value);
}
