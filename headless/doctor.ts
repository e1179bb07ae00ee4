/**
 * `deno task doctor`: what keeps a miner from working, and what to do about it.
 *
 * @module
 */

import { type Command, runAsProcess } from "./command.ts";
import { createLog } from "./deno_host.ts";
import type { Check } from "./doctor/check.ts";
import { CHECKS } from "./doctor/checks.ts";
import { Facts } from "./doctor/facts.ts";
import { DOCTOR_FLAGS } from "./doctor/flags.ts";
import { processDoctorSystem } from "./doctor/process_system.ts";
import { DoctorReport } from "./doctor/report.ts";
import { runChecks } from "./doctor/run_checks.ts";
import { hider, secretsIn, secretsOfUrl } from "./doctor/secrets.ts";
import { readSettings } from "./doctor/settings.ts";
import type { DoctorSystem } from "./doctor/system.ts";

/** The command, in these surroundings and with these checks. */
export function doctorCommand(
  system: DoctorSystem,
  checks: readonly Check[] = CHECKS,
): Command<typeof DOCTOR_FLAGS> {
  return {
    name: "doctor",
    summary: "Looks at wallet, chain and axon, and says what keeps a miner from working and what " +
      "to do about it. It changes nothing and asks for no password. The exit code is 0 if " +
      "nothing is to be fixed, warnings or not, and 1 if something is.",
    flags: DOCTOR_FLAGS,
    async run({ values, screen, signal }): Promise<number> {
      const settings = await readSettings(values, system);
      const { envFile = {}, chainUrl } = settings;
      const hide = hider([
        ...secretsIn(system.environment),
        ...secretsIn(envFile),
        ...chainUrl ? secretsOfUrl(chainUrl) : [],
      ]);
      const log = createLog(
        values.loggingDebug ? "debug" : "error",
        (line) => screen.message(hide(line)),
      );
      const facts = new Facts(settings, system, log);
      const report = new DoctorReport(screen, { json: values.json, hide });
      const isWhole = await runChecks(checks, facts, report, signal);
      report.end(isWhole);
      await facts.close();
      return isWhole && !report.hasFailed ? 0 : 1;
    },
  };
}

if (import.meta.main) await runAsProcess(doctorCommand(processDoctorSystem()));
