/**
 * Hostile clients in a process of their own, until it is told to stop by a line on stdin; then it
 * prints what came of them.
 *
 * @module
 */

import * as v from "valibot";
import { writeText } from "../../../headless/screen.ts";
import { HostileClients } from "./hostile.ts";
import { HostileTask } from "./served_messages.ts";

const task = v.parse(v.pipe(v.string(), v.parseJson(), HostileTask), Deno.args[0]);
const stop = new AbortController();
Deno.stdin.read(new Uint8Array(1)).then(() => stop.abort());
const clients = new HostileClients(task.port, task.axonHotkey, task.known);
const { statuses, ...outcome } = await clients.run(task.perSecond, stop.signal);
writeText(
  Deno.stdout,
  `${JSON.stringify({ ...outcome, statuses: Object.fromEntries(statuses) })}\n`,
);
