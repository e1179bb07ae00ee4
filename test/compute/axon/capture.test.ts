/**
 * What the real axon of Bittensor v10.2 answered to the real dendrite, replayed.
 *
 * @module
 */

import { test } from "#test";
import { assert } from "chai";
import { CHALLENGE } from "../../../core/compute/synapse/synapses.ts";
import { PythonFloat } from "../../../core/formats/python_json.ts";
import type { ServedResponse } from "../../../core/host.ts";
import { TestTime } from "../../iota/api/api_setup.ts";
import { AxonSetup, messageOf, served, textOf } from "./axon_setup.ts";

const NONCE = "1795374500052680447";
const SIGNATURE = "0x88910569aa29bb55f9ed3dae7c1be576b89a4ec7261023504f7b377549f5de3a1df489f3a" +
  "dc5c87262e2d4f05942fe14897e238415d54616aa77d0006a779582";
const EMPTY_HASH = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a";
const [BOB_HOTKEY, ALICE_HOTKEY] = [
  "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty",
  "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
];
const UUID = "5ecbd69c-1cec-11ee-b0dc-e29ce36fec1a";
const DENDRITE_HEADERS = {
  bt_header_dendrite_ip: "203.0.113.9",
  bt_header_dendrite_version: "10002000",
  bt_header_dendrite_nonce: NONCE,
  bt_header_dendrite_uuid: UUID,
  bt_header_dendrite_hotkey: ALICE_HOTKEY,
  bt_header_dendrite_signature: SIGNATURE,
};
const AXON_HEADERS = {
  bt_header_axon_ip: "127.0.0.1",
  bt_header_axon_port: "18091",
  bt_header_axon_hotkey: BOB_HOTKEY,
};
const HEADERS = {
  ...{ name: "Challenge", timeout: "30.0", header_size: "464", total_size: "3861" },
  ...{ ...AXON_HEADERS, ...DENDRITE_HEADERS, computed_body_hash: EMPTY_HASH },
  "Content-Type": "application/json",
};
const DENDRITE = `{"status_code":null,"status_message":null,"process_time":null,` +
  `"ip":"203.0.113.9","port":null,"version":10002000,"nonce":${NONCE},"uuid":"${UUID}",` +
  `"hotkey":"${ALICE_HOTKEY}","signature":"${SIGNATURE}"}`;
const CHALLENGE_FIELDS = '"challenge_hash":"$BLAKE2$ab","challenge_salt":"00ff",' +
  '"challenge_mode":"610","challenge_chars":"abc","challenge_mask":"?1?1",' +
  '"challenge_difficulty":7';

/** The whole synapse, compact as the axon writes it. */
function whole(axon: string, output: string): string {
  return `{"name":"Challenge","timeout":30.0,"total_size":3861,"header_size":0,` +
    `"dendrite":${DENDRITE},"axon":${axon},"computed_body_hash":"",${CHALLENGE_FIELDS},` +
    `"output":${output}}`;
}

const ASKED = whole(
  `{"status_code":null,"status_message":null,"process_time":null,"ip":"127.0.0.1",` +
    `"port":18091,"version":null,"nonce":null,"uuid":null,"hotkey":"${BOB_HOTKEY}",` +
    `"signature":null}`,
  "{}",
);
const PROCESS_TIME = "0.0005862712860107422";

/** The real axon's handler and moment. */
async function replay(count: number): Promise<ServedResponse[]> {
  const time = new TestTime();
  time.advance(Number(BigInt(NONCE) / 1_000_000n) + 1 - time.unixMs());
  const setup = new AxonSetup({ time });
  const axon = await setup.axon();
  axon.attach({
    kind: CHALLENGE,
    forward: ({ synapse }) => {
      time.advance(Number(PROCESS_TIME) * 1000);
      const seconds = new PythonFloat(1.5);
      const output = { password: "abc", local_execution_time: seconds, error: null };
      return Promise.resolve({ ...synapse.fields, output });
    },
  });
  const answers: ServedResponse[] = [];
  for (let at = 0; at < count; at++) {
    answers.push(await axon.handler(served("/Challenge", HEADERS, ASKED)));
  }
  return answers;
}

test("the body of the real axon's answer comes byte for byte", async () => {
  const [answer] = await replay(1);
  const axon = `{"status_code":200,"status_message":"Success","process_time":PROCESS_TIME,` +
    `"ip":"127.0.0.1","port":18091,"version":null,"nonce":null,"uuid":null,` +
    `"hotkey":"${BOB_HOTKEY}","signature":null}`;
  const output = '{"password":"abc","local_execution_time":1.5,"error":null}';
  // Times of the test's clock are sums of doubles: the last digits of a difference are theirs.
  const text = (await textOf(answer)).replace(
    /"process_time":0\.0005862\d+/,
    '"process_time":PROCESS_TIME',
  );
  assert.equal(text, whole(axon, output));
});

test("the headers of the real axon's answer come, but for sizes that are Python's", async () => {
  const [{ status, headers: { total_size: _, ...headers } }] = await replay(1);
  assert.equal(status, 200);
  assert.match(headers.bt_header_axon_process_time, /^0\.0005862\d+$/);
  assert.deepEqual(headers, {
    ...{ name: "Challenge", timeout: "30.0", header_size: "464" },
    bt_header_axon_status_code: "200",
    bt_header_axon_status_message: "Success",
    bt_header_axon_process_time: headers.bt_header_axon_process_time,
    ...{ ...AXON_HEADERS, ...DENDRITE_HEADERS, computed_body_hash: EMPTY_HASH },
    "content-type": "application/json",
  });
});

test("the same request again is refused as the real axon refuses it", async () => {
  const [, again] = await replay(2);
  assert.equal(again.status, 401);
  assert.equal(
    await messageOf(again),
    "Not Verified with error: Nonce is too old, a newer one was last processed",
  );
  assert.match(again.headers.bt_header_axon_signature, /^0x[0-9a-f]{128}$/);
  assert.equal(again.headers.bt_header_axon_version, "183");
});
