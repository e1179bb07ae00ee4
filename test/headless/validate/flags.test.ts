/**
 * What the flags of `validate iota` come to.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { UsageError } from "../../../core/errors.ts";
import { parseFlags } from "../../../headless/flags.ts";
import {
  externalHost,
  orchestratorUrl,
  VALIDATE_IOTA_FLAGS,
  type ValidateIotaValues,
} from "../../../headless/validate/flags.ts";

function values(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ValidateIotaValues {
  return parseFlags(VALIDATE_IOTA_FLAGS, { args, environment, envFile: {} }).values;
}

test("without a flag the orchestrator is the published one", () => {
  const read = values([]);
  assert.equal(orchestratorUrl(read), "https://iota.api.macrocosmos.ai:443");
  assert.equal(read.orchestratorKey, "5D2Z5MYHMHTnbhkf9hSYkCxnZiJfAKL2Y5fhGS6ezfRtYieW");
});

test("the published variables name orchestrator, ports and key", () => {
  const read = values([], {
    ORCHESTRATOR_HOST: "10.0.0.3",
    ORCHESTRATOR_PORT: "8000",
    ORCHESTRATOR_SCHEME: "http",
    ORCHESTRATOR_KEY: "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
    VALIDATOR_INTERNAL_PORT: "9000",
    VALIDATOR_EXTERNAL_PORT: "9001",
    netuid: "13",
  });
  assert.equal(orchestratorUrl(read), "http://10.0.0.3:8000");
  assert.deepEqual([read.port, read.externalPort, read.netuid], [9000, 9001, 13]);
  assert.equal(read.orchestratorKey, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
});

test("an address goes before its parts, without a slash at the end", () => {
  const args = ["--orchestrator", "http://10.0.0.3:8000/swarm/", "--orchestrator.host", "other"];
  assert.equal(orchestratorUrl(values(args)), "http://10.0.0.3:8000/swarm");
});

for (const wrong of ["10.0.0.3:8000", "ftp://10.0.0.3", "here"]) {
  test(`${wrong} is no address of an orchestrator`, () => {
    assert.throws(() => orchestratorUrl(values(["--orchestrator", wrong])), UsageError, /http:/);
  });
}

for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
  test(`an orchestrator at ${host} reaches the validator at 127.0.0.1`, () => {
    assert.equal(externalHost(values(["--orchestrator", `http://${host}:8000`])), "127.0.0.1");
  });
}

test("an orchestrator elsewhere must be told where the validator is", () => {
  assert.throws(() => externalHost(values([])), UsageError, /--external\.host/);
  assert.equal(externalHost(values(["--external.host", "example.org"])), "example.org");
});

test("a host whose name begins as loopback does is elsewhere", () => {
  const read = values(["--orchestrator", "http://localhost.example.org"]);
  assert.throws(() => externalHost(read), UsageError);
});

test("a key that is no address is wrong use", () => {
  assert.throws(() => values(["--orchestrator.key", "alice"]), UsageError, /an ss58 address/);
});
