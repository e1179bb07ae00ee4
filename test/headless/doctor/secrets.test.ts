import { test } from "#test";
import { assert } from "chai";
import { hider, isSecret, secretsIn, secretsOfUrl } from "../../../headless/doctor/secrets.ts";
import { DEV } from "../../wallet/fixtures.ts";

test("isSecret() knows variables by their names", () => {
  const names = [
    ...["HF_TOKEN", "WANDB_API_KEY", "AWS_SECRET_ACCESS_KEY", "apikey", "DB_PASSWORD"],
    ...["BT_PW__HOME_U__BITTENSOR_WALLETS_DEFAULT_COLDKEY", "BT_COLD_PW_ALICE", "wallet_mnemonic"],
  ];
  for (const name of names) assert.isTrue(isSecret(name, "x"), name);
});

test("isSecret() lets names pass that only sound like it", () => {
  for (const name of ["wallet_hotkey", "BT_WALLET_HOTKEY", "KEYBOARD", "PWD", "OLDPWD", "netuid"]) {
    assert.isFalse(isSecret(name, "default"), name);
  }
});

test("isSecret() knows seeds, private keys and mnemonics under any name", () => {
  for (const value of [DEV.phrase, DEV.seed, `0x${DEV.seed}`, DEV.privateKey]) {
    assert.isTrue(isSecret("NOTE", value));
    assert.isTrue(isSecret("NOTE", ` ${value.toUpperCase()}\n`));
  }
});

test("isSecret() calls nothing secret that is empty or an address", () => {
  assert.isFalse(isSecret("HF_TOKEN", ""));
  assert.isFalse(isSecret("NOTE", DEV.address));
  assert.isFalse(isSecret("NOTE", "a sentence of a few words"));
});

test("secretsIn() gives the values of secret variables only", () => {
  const variables = { HF_TOKEN: "hf_abc", netuid: "9", EMPTY_TOKEN: "", GONE_TOKEN: undefined };
  assert.deepEqual(secretsIn(variables), ["hf_abc"]);
});

test("secretsIn() gives what is secret in an address of the network, and leaves paths alone", () => {
  const variables = {
    http_proxy: "http://me:pass@proxy:3128",
    BT_SUBTENSOR_CHAIN_ENDPOINT: "wss://h/?apikey=zzzz",
    HOME: "/home/somebody-with-a-long-name",
    DOCS: "file:///home/somebody-with-a-long-name",
    BAD: "http://[",
  };
  assert.deepEqual(secretsIn(variables), ["me", "pass", "?apikey=zzzz"]);
});

test("secretsOfUrl() gives what opens an endpoint, and not its host or a path's plain name", () => {
  const url = new URL("wss://me:pass@rpc.example:443/public-ws/0123456789abcdef0123?apikey=zzzz#f");
  assert.sameMembers(secretsOfUrl(url), [
    ...["me", "pass", "0123456789abcdef0123", "?apikey=zzzz", "#f"],
  ]);
  assert.deepEqual(secretsOfUrl(new URL("ws://127.0.0.1:9944")), []);
});

test("hider() puts … for each secret, wherever it stands", () => {
  const hide = hider(["hunter22", "zzzz"]);
  assert.equal(hide("at wss://hunter22@h/?zzzz, hunter22"), "at wss://…@h/?…, …");
});

test("hider() hides a secret whole that has another one in it", () => {
  assert.equal(hider(["abcd", "abcdefgh"])("x abcdefgh abcd"), "x … …");
});

test("hider() leaves words alone that hold a secret of a letter or three", () => {
  assert.equal(hider(["a", "oot"])("a root"), "a root");
});

test("hider() takes a secret as it is, not as a pattern", () => {
  assert.equal(hider(["a.c*"])("a.c* abcc"), "… abcc");
});

test("hider() lets nothing steer the terminal or turn the line", () => {
  assert.equal(hider([])("a\x1b[31mb\r\nc\u202Ed\u2028e"), "a [31mb c d e");
});
