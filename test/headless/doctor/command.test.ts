import { test } from "#test";
import { assert } from "chai";
import { Ledger } from "../../../core/chain/ledger/ledger.ts";
import { MemoryLedgerStore } from "../../../core/chain/ledger/memory_store.ts";
import { UsageError, WeftError } from "../../../core/errors.ts";
import { Keypair } from "../../../core/wallet/keypair.ts";
import { helpText } from "../../../headless/flag_help.ts";
import { doctorCommand } from "../../../headless/doctor.ts";
import { DEV } from "../../wallet/fixtures.ts";
import { HOTKEY, NOW_MS, STRANGER, TAO } from "./fake_chain.ts";
import { dated, FakeDoctor, plainKeyfile, WALLET, withDoctor } from "./fake_doctor.ts";

test("doctor's whole report of a healthy miner, at 80 columns", async () => {
  await withDoctor(async (doctor) => {
    const { code, out, error } = await doctor.run();
    assert.deepEqual([code, error], [0, ""]);
    assert.equal(out, HEALTHY);
    for (const line of out.split("\n")) assert.isAtMost(line.length, 80);
  });
});

const HEALTHY = `\
ok       environment   no variable sets a flag
ok       wallet        ~/.bittensor/wallets/default
ok       coldkeypub    5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY
ok       coldkey       is encrypted
ok       hotkey        5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV
ok       endpoint      wss://entrypoint-finney.opentensor.ai answers in 0 ms
ok       chain         finney: node-subtensor spec 425, genesis 0x2f0555…79c45d
ok       head          block 5000, 4 s old
ok       clock         agrees with entrypoint-finney.opentensor.ai to 1 s
ok       owner         the hotkey belongs to this wallet's coldkey
ok       subnet 27     uid 12, immune for 3096 blocks more (10 h 19 min), 1.5
                       alpha of emission in the last epoch, no stake
ok       balance       2 TAO to spend; no registration is to be paid
ok       axon          subnet 27 leads validators to 203.0.113.9:8091
ok       axon port     8091 is free to listen on
ok       axon outside  203.0.113.9:8091 leads to this machine

15 ok, 0 warnings, 0 to fix
`;

test("doctor's whole report of a broken set-up, at 80 columns", async () => {
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, plainKeyfile("//Alice"));
    doctor.remove(`${WALLET}/hotkeys/default`);
    doctor.write(`${WALLET}/hotkeys/miner`, plainKeyfile(DEV.phrase));
    doctor.write(".env", "HF_TOKEN=hf_abcdef\n");
    const { code, out } = await doctor.run(["--axon.external_ip", "192.168.1.4"]);
    assert.equal(code, 1);
    assert.equal(out.replaceAll(doctor.home, "/home/u"), BROKEN);
  }, {
    openChain: () =>
      Promise.reject(
        new WeftError(
          "wss://entrypoint-finney.opentensor.ai:443 does not answer: is the network up?",
        ),
      ),
    states: { [`${WALLET}/coldkey`]: { mode: 0o644 }, ".env": { mode: 0o644 } },
    system: { fetch: () => Promise.resolve(dated(NOW_MS + 90_000)), holdPort: () => "denied" },
  });
});

const BROKEN = `\
ok       environment   no variable sets a flag
warning  .env          holds HF_TOKEN; ~/.env can be read or changed by others
                       (mode 0644)
                       → Close it:
                       $ chmod 600 /home/u/.env
ok       wallet        ~/.bittensor/wallets/default
ok       coldkeypub    5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY
warning  coldkey       ~/.bittensor/wallets/default/coldkey is not encrypted:
                       who copies it owns all that the coldkey holds
                       → Write it anew from its mnemonic, with a password:
                       $ deno task wallet regen_coldkey --overwrite
warning  coldkey       ~/.bittensor/wallets/default/coldkey can be read or
                       changed by others (mode 0644)
                       → Close it:
                       $ chmod 600 /home/u/.bittensor/wallets/default/coldkey
fail     hotkey        ~/.bittensor/wallets/default/hotkeys/default is not there
                       → Name the one that you mean by --wallet.hotkey, of
                         miner, or make this one:
                       $ deno task wallet new_hotkey
fail     endpoint      wss://entrypoint-finney.opentensor.ai:443 does not
                       answer: is the network up?
warning  head          not checked, because the chain could not be opened
fail     clock         1 min 31 s behind entrypoint-finney.opentensor.ai
                       → Turn network time on (on Linux: sudo timedatectl
                         set-ntp true). Requests to the orchestrator are stale
                         after 10 s, those between validator and miner after a
                         few seconds too.
warning  owner         not checked, because the hotkey's address is not known
warning  registration  not checked, because the hotkey's address is not known
warning  balance       not checked, because the chain could not be opened
warning  axon          not checked, because the hotkey's address is not known
fail     axon port     this user may not listen on 0.0.0.0:8091
                       → Choose another --axon.port, or let Weft listen there.
fail     axon outside  --axon.external_ip is 192.168.1.4, which only its own
                       network can reach
                       → Name the public address of this machine or its router.

3 ok, 8 warnings, 5 to fix
`;

test("doctor's report of a miner that is not registered yet, at 80 columns", async () => {
  await withDoctor(async (doctor) => {
    const { code, out } = await doctor.run(["--netuid", "9", "--subtensor.network", "test"]);
    assert.equal(code, 1);
    assert.equal(out.slice(out.indexOf("ok       owner")), UNREGISTERED);
  }, {
    chain: {
      ownerOf: () => Promise.resolve(undefined),
      balance: () => Promise.resolve({ freeRao: 500n, transferableRao: 0n }),
    },
  });
});

const UNREGISTERED = `\
ok       owner         the chain has not met this hotkey; registering it binds
                       it to the coldkey
fail     subnet 9      the hotkey is not registered
                       → Register it, for 0.5 TAO now:
                       $ deno task wallet register --netuid 9 --subtensor.network test
fail     balance       0 TAO to spend; registering on subnet 9 costs 0.5 TAO
                       now, and a fee of about 0.00012 TAO
                       → Send at least 0.50012 TAO more to
                         5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY.
ok       axon port     8091 is free to listen on

11 ok, 0 warnings, 2 to fix
`;

test("doctor finds a miner on the local ledger, before and after it registers", async () => {
  await withDoctor(async (doctor) => {
    const { clock, wallClock } = doctor.system;
    const endpoint = "ledger:l.db";
    const ledger = new Ledger(new MemoryLedgerStore(), { clock, wallClock, endpoint });
    doctor.system.openChain = () => Promise.resolve(ledger);
    doctor.write("l.db", "");
    const args = ["--subtensor.network", endpoint, "--netuid", "9"];
    const coldkey = Keypair.fromUri("//Alice");
    assert.equal((await doctor.run(args)).code, 1);
    await ledger.faucet(coldkey.address, 100n * TAO);
    const registration = { netuid: 9, hotkey: HOTKEY, limitRao: 100n * TAO };
    await ledger.burnedRegister(coldkey, registration);
    const { code, out } = await doctor.run(args);
    assert.equal(code, 0);
    assert.include(out, "ok       endpoint      ledger:l.db answers in 0 ms\n");
    assert.match(out, /ok {7}subnet 9 {6}uid 0, immune for /);
    assert.match(out, /, 0 warnings, 0 to fix\n$/);
  });
});

test("doctor with --json writes one finding a line, and nothing else, on stdout", async () => {
  await withDoctor(async (doctor) => {
    const { code, out, error } = await doctor.run(["--json"]);
    const findings = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(code, 0);
    for (const finding of findings) {
      assert.containsAllKeys(finding, ["check", "level", "subject", "message"]);
      assert.equal(finding.level, "ok");
    }
    assert.deepInclude(findings, {
      check: "hotkey",
      level: "ok",
      subject: "hotkey",
      message: HOTKEY,
    });
    assert.equal(error, `${findings.length} ok, 0 warnings, 0 to fix\n`);
  });
});

test("doctor answers 0 where there are warnings only", async () => {
  await withDoctor(async (doctor) => {
    const { code, out } = await doctor.run();
    assert.equal(code, 0);
    assert.match(out, /, 1 warning, 0 to fix\n$/);
  }, { states: { [`${WALLET}/coldkey`]: { mode: 0o644 } } });
});

test("doctor answers 1 where anything failed", async () => {
  await withDoctor(async (doctor) => {
    assert.equal((await doctor.run()).code, 1);
  }, { chain: { ownerOf: () => Promise.resolve(STRANGER) } });
});

test("doctor answers 2 to wrong use, before it looks at anything", async () => {
  const uses = [
    ["--subtensor.network", "nowhere"],
    ["--wallet.name", "../other"],
    ["--wallet.hotkey", "a/b"],
    ["--axon.external_ip", "example.com"],
    ["--axon.ip", "localhost"],
    ["--axon.port", "0"],
    ["--axon.port", "70000"],
    ["--netuid", "9,9"],
    ["--netuid", "-1"],
    ["--timeout", "0"],
    ["--nothing"],
    ["operand"],
  ];
  for (const args of uses) {
    await withDoctor(async (doctor) => {
      const { code, out, error } = await doctor.run(args);
      assert.deepEqual([code, out], [2, ""], args.join(" "));
      assert.match(error, /^error: [^\n]+\n$/);
    }, { openChain: () => assert.fail("nothing is to be opened") });
  }
});

test("doctor takes the flags of the environment and of .env", async () => {
  await withDoctor(async (first) => {
    const doctor = new FakeDoctor(first.home, { environment: { BT_WALLET_HOTKEY: "miner" } });
    const { code, out } = await doctor.run([], { envFile: { netuid: "33" } });
    assert.equal(code, 1);
    assert.include(out, "hotkeys/miner");
  });
});

test("doctor ends where every request hangs, and says which", async () => {
  const never = (): Promise<never> => new Promise(() => {});
  await withDoctor(async (doctor) => {
    const { code, out } = await doctor.clock.drive(doctor.run());
    assert.equal(code, 1);
    assert.match(out, /fail +endpoint +wss:.*no answer\s+within\s+20 s/s);
    assert.include(out, "ok       coldkey       is encrypted\n");
    assert.include(out, "warning  owner         not checked, because the chain could not be");
  }, { openChain: never, system: { fetch: never, connects: never } });
});

test("doctor ends where the chain opens and each of its answers hangs", async () => {
  const never = (): Promise<never> => new Promise(() => {});
  const chain = {
    ...{ identity: never, head: never, watchHead: never, balance: never, netuids: never },
    ...{ subnet: never, metagraph: never, uidOf: never, axonOf: never, ownerOf: never },
  };
  await withDoctor(async (doctor) => {
    const { code, out } = await doctor.clock.drive(doctor.run(["--json"]));
    assert.equal(code, 1);
    const failed = out.trimEnd().split("\n").map((line) => JSON.parse(line))
      .filter(({ level }) => level === "fail");
    assert.deepEqual(failed.map(({ subject }) => subject), [
      "endpoint",
      "head",
      "owner",
      "registration",
    ]);
  }, { chain });
});

test("doctor asks nobody anything", async () => {
  await withDoctor(async (doctor) => {
    const refuse = (): never => assert.fail("nobody is to be asked");
    doctor.system.prompter.readLine = refuse;
    doctor.system.prompter.readSecret = refuse;
    assert.equal((await doctor.run()).code, 0);
  });
});

test("doctor shows no secret, whatever it finds", async () => {
  const url = "wss://user:pa55word@rpc.example/?apikey=k3yk3y";
  const environment = {
    BT_SUBTENSOR_CHAIN_ENDPOINT: url,
    HF_TOKEN: "hf_abcdef",
    BT_COLD_PW_DEFAULT: "hunter22",
  };
  const leak = `${url} hf_abcdef hunter22 wandb_42`;
  await withDoctor(async (doctor) => {
    doctor.write(`${WALLET}/coldkey`, plainKeyfile("//Alice"));
    doctor.write(".env", `WANDB_API_KEY=wandb_42\nNOTE="${DEV.phrase}"`);
    doctor.write(`${WALLET}/hotkeys/broken`, `{"secretPhrase":"${DEV.phrase}","secretSeed":"`);
    for (const args of [[], ["--json"], ["--wallet.hotkey", "broken"], ["--logging.debug"]]) {
      const { out, error } = await doctor.run(args);
      const secrets = [
        ...["pa55word", "k3yk3y", "hf_abcdef", "hunter22", "wandb_42"],
        ...[DEV.seed, DEV.privateKey, DEV.phrase],
      ];
      for (const secret of secrets) assert.notInclude(out + error, secret);
      assert.include(out, "dropped");
    }
  }, {
    environment,
    chain: { identity: () => Promise.reject(new WeftError(`dropped ${leak}`)) },
  });
});

test("doctor hides the key of an endpoint that a flag has replaced", async () => {
  const environment = { BT_SUBTENSOR_CHAIN_ENDPOINT: "wss://rpc.example/?apikey=k3yk3y" };
  await withDoctor(async (doctor) => {
    const { out } = await doctor.run(["--subtensor.chain_endpoint", "finney"]);
    assert.include(out, "BT_SUBTENSOR_CHAIN_ENDPOINT=wss://rpc.example/…");
    assert.notInclude(out, "k3yk3y");
  }, { environment });
});

test("doctor lets nothing from the chain steer the terminal", async () => {
  await withDoctor(async (doctor) => {
    const { out } = await doctor.run();
    assert.notInclude(out, "\x1b");
  }, { chain: { ownerOf: () => Promise.reject(new UsageError("\x1b[2J\x1b[31mgone")) } });
});

test("doctor's help names its flags and fits 80 columns", () => {
  const text = helpText(doctorCommand(new FakeDoctor(".").system), 80);
  for (const name of ["--netuid LIST", "--axon.external_ip IP", "--timeout N", "--json"]) {
    assert.include(text, name);
  }
  for (const line of text.split("\n")) assert.isAtMost(line.length, 80);
});
