/**
 * What variables decide behind the user's back, and who may read the secrets among them.
 *
 * @module
 */

import {
  legacyPasswordVariable,
  passwordVariable,
} from "../../core/wallet/environment_password.ts";
import type { Variables } from "../env_file.ts";
import { environmentNames, type Flag } from "../flags.ts";
import { type Check, type Finding, ok, warning } from "./check.ts";
import type { CheckContext } from "./context.ts";
import { accessFindings } from "./file_access.ts";
import { DOCTOR_FLAGS } from "./flags.ts";
import { isSecret } from "./secrets.ts";

const SUBJECT = "environment";

/** Variables that set flags, and passwords that need not be there. */
export const environmentCheck: Check = {
  name: SUBJECT,
  run(context): Promise<Finding[]> {
    const { settings: { values, envFile }, system: { environment } } = context;
    const used = new Map<string, unknown>(Object.entries(values));
    const settings = Object.entries(DOCTOR_FLAGS).map(([key, flag]) =>
      readFlag(flag, used.get(key), environment, envFile ?? {})
    );
    const set = settings.flatMap((each) => each.shown ?? []);
    const message = set.length > 0
      ? `flags are set by ${set.join(", ")}`
      : "no variable sets a flag";
    return Promise.resolve([
      ok(SUBJECT, message),
      ...settings.flatMap(({ findings }) => findings),
      ...coldkeyPasswords(context),
    ]);
  },
};

/** What variables do to one flag. */
interface FlagSetting {
  /** The variable that sets it, with its value; undefined if none does. */
  readonly shown?: string;
  readonly findings: Finding[];
}

function readFlag(
  flag: Flag<unknown>,
  used: unknown,
  environment: Variables,
  envFile: Variables,
): FlagSetting {
  const outer = firstSet(flag, environment);
  const inner = firstSet(flag, envFile);
  const [name, text] = outer ?? inner ?? [];
  if (name === undefined || text === undefined) return { findings: [] };
  const findings: Finding[] = [];
  if (outer && inner && outer[1] !== inner[1]) {
    findings.push(
      warning(
        SUBJECT,
        `${shownVariable(outer)} of the environment hides ${shownVariable(inner)} of .env`,
        `Unset ${name}, or take the line out of .env.`,
      ),
    );
  }
  const shown = `${shownVariable([name, text])}${outer ? "" : " (.env)"}`;
  // The flag beats the variable, so what differs was typed.
  if (JSON.stringify(flag.parse(text)) === JSON.stringify(used)) return { shown, findings };
  findings.push(
    warning(
      SUBJECT,
      `${shown} is set, but --${flag.name} was given another value here`,
      `Commands without --${flag.name} take the variable's: give them the flag, or unset it.`,
    ),
  );
  return { findings };
}

function firstSet(flag: Flag<unknown>, variables: Variables): [string, string] | undefined {
  for (const name of environmentNames(flag)) {
    const text = variables[name];
    if (text) return [name, text];
  }
  return undefined;
}

function shownVariable([name, text]: [string, string]): string {
  return `${name}=${isSecret(name, text) ? "…" : text}`;
}

function coldkeyPasswords(
  { settings: { wallet }, system: { environment } }: CheckContext,
): Finding[] {
  const names = [passwordVariable(wallet.coldkeyFile), legacyPasswordVariable(wallet.name)];
  return names.filter((name) => environment[name]).map((name) =>
    warning(
      SUBJECT,
      `the coldkey's password is in ${name}, where any program of yours can read it`,
      "Unset it: mining needs the hotkey only.",
    )
  );
}

/** Who may read what `.env` holds. */
export const envFileCheck: Check = {
  name: ".env",
  async run({ settings: { envFile, envFilePath }, system }): Promise<Finding[]> {
    const state = await system.stat(envFilePath);
    if (state.kind !== "file") return [];
    if (!envFile) {
      return [warning(".env", "cannot be read by this user", "Open it, or take it away.")];
    }
    const secrets = Object.entries(envFile).flatMap(([name, value = ""]) =>
      isSecret(name, value) ? [name] : []
    );
    if (secrets.length === 0) return [ok(".env", "holds no secret")];
    const holds = `holds ${secrets.join(", ")}`;
    const open = accessFindings(".env", envFilePath, "secret", state, system);
    if (open.length === 0) return [ok(".env", `${holds}, for you alone`)];
    return open.map((finding) => ({ ...finding, message: `${holds}; ${finding.message}` }));
  },
};
