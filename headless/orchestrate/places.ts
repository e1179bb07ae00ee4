/**
 * Where an orchestrator keeps what it has, and where others reach it, as the flags say.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { Variables } from "../env_file.ts";
import { parseNatsAddress } from "../nats_state/address.ts";
import { dataFolder } from "../run_folder.ts";
import type { S3Credentials } from "../s3_store.ts";
import type { OrchestrateValues } from "./flags.ts";
import type { OrchestrateSystem } from "./system.ts";

/** A file of this machine, or a bus of many. */
export type StatePlace =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bus"; readonly url: string };

/** A folder that this process serves, or a server of others. */
export type StorePlace =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "s3"; readonly url: string; readonly credentials: S3Credentials };

type Surroundings = Pick<OrchestrateSystem, "userFolder" | "environment" | "envFile" | "os">;

/** Every address of the machine, which is none that others could ask. */
const ANY_ADDRESS = /^(0\.0\.0\.0|::|\[::\])$/;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

/** @throws {UsageError} for a bus that is none, a bus and a file, or no default place */
export function statePlace(values: OrchestrateValues, system: Surroundings): StatePlace {
  const { bus, state } = values;
  if (bus === undefined) {
    return { kind: "file", path: localPath(state, "state.sqlite", "--state", values, system) };
  }
  if (state !== undefined) {
    throw new UsageError("--state and --bus are two places for one thing: give one of them");
  }
  // Only for what it throws.
  parseNatsAddress(bus);
  return { kind: "bus", url: bus };
}

/** @throws {UsageError} for an S3 store without keys, or no default place */
export function storePlace(values: OrchestrateValues, system: Surroundings): StorePlace {
  const { store } = values;
  if (!store?.startsWith("s3://")) {
    return { kind: "folder", path: localPath(store, "store", "--store", values, system) };
  }
  const credentials = credentialsIn({ ...system.envFile, ...system.environment });
  return { kind: "s3", url: store, credentials };
}

/**
 * Where others reach the orchestrator.
 *
 * @param port where it does listen
 * @throws {UsageError} if the flag holds no address, or is needed and not there
 */
export function publicUrl(values: OrchestrateValues, port: number): string {
  const { publicUrl: given, host } = values;
  if (given === undefined) return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const isUrl = URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);
  if (isUrl) return given.replace(/\/+$/, "");
  throw new UsageError(`--public.url "${given}": expected one such as https://swarm.example.org`);
}

/**
 * Judges what can be judged before anything is opened.
 *
 * @throws {UsageError} if miners could not reach a store that this process serves
 */
export function checkPublicUrl(values: OrchestrateValues): void {
  publicUrl(values, values.port);
  if (values.publicUrl === undefined && ANY_ADDRESS.test(values.host)) {
    throw new UsageError(
      `--host ${values.host} listens at every address, and others are told one: name it with ` +
        "--public.url, such as http://192.168.1.7:8000",
    );
  }
}

/** Whether only programs of this machine reach it. */
export function isLocalOnly({ host }: OrchestrateValues): boolean {
  return LOOPBACK.test(host);
}

function localPath(
  given: string | undefined,
  name: string,
  flag: string,
  { netuid }: OrchestrateValues,
  system: Surroundings,
): string {
  if (given !== undefined) return resolve(system.userFolder(), given);
  const data = dataFolder(system.os, system.environment);
  if (data !== undefined) return join(data, "weft", "orchestrator", `netuid-${netuid}`, name);
  throw new UsageError(
    `${system.os === "windows" ? "LOCALAPPDATA" : "HOME"} is not set, so there is no default ` +
      `place: choose one with ${flag}`,
  );
}

function credentialsIn(variables: Variables): S3Credentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = variables;
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...sessionToken ? { sessionToken } : {} };
  }
  throw new UsageError(
    "an S3 store needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment " +
      "or in .env",
  );
}
