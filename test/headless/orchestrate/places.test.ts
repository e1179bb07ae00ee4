import { assert } from "chai";
import { test } from "#test";
import { UsageError } from "../../../core/errors.ts";
import { parseFlags } from "../../../headless/flags.ts";
import { ORCHESTRATE_FLAGS, type OrchestrateValues } from "../../../headless/orchestrate/flags.ts";
import {
  checkPublicUrl,
  publicUrl,
  statePlace,
  storePlace,
} from "../../../headless/orchestrate/places.ts";

const SYSTEM = {
  userFolder: () => "/home/me/swarm",
  environment: { HOME: "/home/me" },
  envFile: {},
  os: "linux",
};

function valuesOf(...args: string[]): OrchestrateValues {
  return parseFlags(ORCHESTRATE_FLAGS, { args, environment: {}, envFile: {} }).values;
}

test("without flags all lies among the user's data, by subnet", () => {
  const folder = "/home/me/.local/share/weft/orchestrator/netuid-9";
  assert.deepEqual(statePlace(valuesOf(), SYSTEM), {
    ...{ kind: "file", path: `${folder}/state.sqlite` },
  });
  assert.deepEqual(storePlace(valuesOf(), SYSTEM), { kind: "folder", path: `${folder}/store` });
});

test("paths start where the user stands", () => {
  const values = valuesOf("--state", "a.sqlite", "--store", "../files");
  assert.deepInclude(statePlace(values, SYSTEM), { path: "/home/me/swarm/a.sqlite" });
  assert.deepInclude(storePlace(values, SYSTEM), { path: "/home/me/files" });
});

test("a bus takes the file's place", () => {
  assert.deepEqual(statePlace(valuesOf("--bus", "nats://10.0.0.5:4222"), SYSTEM), {
    ...{ kind: "bus", url: "nats://10.0.0.5:4222" },
  });
});

test("a bus and a file are one too many", () => {
  const values = valuesOf("--bus", "nats://10.0.0.5", "--state", "a.sqlite");
  assert.throws(() => statePlace(values, SYSTEM), UsageError, "give one of them");
});

test("a bus that is none is refused, and the password in it is not repeated", () => {
  const values = valuesOf("--bus", "redis://me:secret@10.0.0.5");
  assert.throws(() => statePlace(values, SYSTEM), UsageError, /^(?!.*secret)/);
});

test("without a home the flag to give is named", () => {
  const system = { ...SYSTEM, environment: {} };
  assert.throws(() => storePlace(valuesOf(), system), UsageError, "choose one with --store");
});

test("the keys of an S3 store are those of the environment, then of .env", () => {
  const system = {
    ...SYSTEM,
    environment: { AWS_ACCESS_KEY_ID: "from environment" },
    envFile: { AWS_ACCESS_KEY_ID: "from .env", AWS_SECRET_ACCESS_KEY: "secret" },
  };
  assert.deepEqual(storePlace(valuesOf("--store", "s3://weights"), system), {
    kind: "s3",
    url: "s3://weights",
    credentials: { accessKeyId: "from environment", secretAccessKey: "secret" },
  });
});

test("an S3 store without keys names the variables", () => {
  const values = valuesOf("--store", "s3://weights");
  assert.throws(() => storePlace(values, SYSTEM), UsageError, "AWS_SECRET_ACCESS_KEY");
});

test("others reach it where it listens, unless told otherwise", () => {
  assert.equal(publicUrl(valuesOf("--host", "192.168.1.7"), 81), "http://192.168.1.7:81");
  assert.equal(publicUrl(valuesOf("--host", "::1"), 81), "http://[::1]:81");
  assert.equal(
    publicUrl(valuesOf("--public.url", "https://a.org/iota/"), 81),
    "https://a.org/iota",
  );
});

test("a public address that is none is refused", () => {
  for (const url of ["swarm.example.org", "ftp://a.org", "http://"]) {
    assert.throws(() => checkPublicUrl(valuesOf("--public.url", url)), UsageError, "expected");
  }
});

test("who listens everywhere says where others reach it", () => {
  for (const host of ["0.0.0.0", "::"]) {
    assert.throws(() => checkPublicUrl(valuesOf("--host", host)), UsageError, "--public.url");
  }
});
