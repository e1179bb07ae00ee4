/**
 * Gradient validators as an orchestrator sees them: what they were asked, in order, and answers that
 * a test chooses.
 *
 * @module
 */

import { WeftError } from "../../../core/errors.ts";
import type { Http } from "../../../core/host.ts";

/** See the module. */
export class FakeValidators {
  /** Route and query of each question, by the validator's address. */
  readonly asked: string[] = [];
  /** Hosts that do not answer. */
  readonly gone = new Set<string>();
  answer: Readonly<Record<string, unknown>> = { is_valid: true, score: 1, reason: "passed" };
  /** Routes whose questions are refused. */
  readonly refused = new Set<string>();
  /** Until it is resolved nobody answers. */
  held: Promise<void> = Promise.resolve();

  readonly http: Http = async ({ url, headers }) => {
    const { host, pathname, searchParams } = new URL(url);
    if (this.gone.has(host)) throw new WeftError(`No answer from ${host}`);
    if (!headers?.["Epistula-Request-Signature"]) throw new Error("a question was not signed");
    const route = pathname.replace("/gradient-validator/", "");
    const uid = searchParams.get("activation_uid");
    this.asked.push([host, route, ...uid === null ? [] : [uid]].join(" "));
    await this.held;
    if (this.refused.has(route)) {
      return { status: 400, headers: new Headers(), body: once('{"detail":"no"}') };
    }
    const answer = route === "initialize" ? { message: "ok" } : this.answer;
    return { status: 200, headers: new Headers(), body: once(JSON.stringify(answer)) };
  };
}

async function* once(text: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}
