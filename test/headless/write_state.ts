/**
 * Writes into an SQLite state without end and prints what was answered, for a test that kills it.
 * Arguments: the file, and the first number to write.
 *
 * @module
 */

import { processClock, processWallClock } from "../../headless/deno_host.ts";
import { writeText } from "../../headless/screen.ts";
import { SqliteState } from "../../headless/sqlite_state.ts";

const [file, first] = Deno.args;
const state = new SqliteState(file, { clock: processClock, wallClock: processWallClock });
for (let number = Number(first);; number++) {
  await state.records.put(`number.${number}`, number, 0);
  await state.queues.add("numbers", `${number}`);
  await state.journals.append("numbers", number);
  writeText(Deno.stdout, `${number}\n`);
}
