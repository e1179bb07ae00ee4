import { test } from "#test";
import { assert } from "chai";
import { WeftError } from "../../../core/errors.ts";
import { axonCheck } from "../../../headless/doctor/axon_check.ts";
import type { Finding } from "../../../headless/doctor/check.ts";
import type { DoctorSystem } from "../../../headless/doctor/system.ts";
import { AXON } from "./fake_chain.ts";
import {
  type FakeDoctor,
  type FakeDoctorOptions,
  freePort,
  lines,
  withDoctor,
} from "./fake_doctor.ts";

const NEVER = new Promise<never>(() => {});

async function check(doctor: FakeDoctor, args: string[] = []): Promise<Finding[]> {
  return await doctor.clock.drive(doctor.check(axonCheck, args));
}

/** What is found with these arguments in these surroundings. */
async function found(args: string[], options: FakeDoctorOptions = {}): Promise<Finding[]> {
  let findings: Finding[] = [];
  await withDoctor(async (doctor) => {
    findings = await check(doctor, args);
  }, options);
  return findings;
}

/** A network where the port is in use and this answers at every address. */
function answering(answer: () => Promise<Response>): Partial<DoctorSystem> {
  return { holdPort: () => "inUse", fetch: answer };
}

const axonAnswer = (): Promise<Response> => {
  const message = "Synapse name '' not found. Available synapses ['Synapse', 'Challenge']";
  return Promise.resolve(Response.json({ message }, { status: 404 }));
};

test("axon is well when its port is free and the address outside leads to it", async () => {
  assert.deepEqual(lines(await found([])), [
    "ok axon port: 8091 is free to listen on",
    "ok axon outside: 203.0.113.9:8091 leads to this machine",
  ]);
});

test("axon holds the port of the flags, and gives it back", async () => {
  const calls: string[] = [];
  await found(["--axon.ip", "::", "--axon.port", "9000"], {
    system: {
      holdPort(ip, port): ReturnType<DoctorSystem["holdPort"]> {
        calls.push(`hold ${ip} ${port}`);
        return { ...freePort(), close: () => void calls.push("close") };
      },
    },
  });
  assert.deepEqual(calls, ["hold :: 9000", "close"]);
});

test("axon gives the port back when its time is up", async () => {
  let isHeld = true;
  const held = { ...freePort(), close: () => void (isHeld = false) };
  const findings = await found([], {
    chain: { axonOf: () => NEVER },
    system: { holdPort: () => held },
  });
  assert.isFalse(isHeld);
  assert.deepEqual(lines(findings), [
    "ok axon port: 8091 is free to listen on",
    "warning axon outside: not checked, because what the chain says of the axon is not known",
  ]);
});

test("axon fails for a port that axons may not have", async () => {
  for (const port of ["80", "1024", "65535"]) {
    const findings = await found(["--axon.port", port], {
      system: { holdPort: () => assert.fail("the port is not tried") },
    });
    assert.deepEqual(lines(findings), [
      `fail axon port: ${port} is a port that Bittensor's axons may not have`,
    ]);
    assert.equal(findings[0].advice, "Choose --axon.port from 1025 to 65534.");
  }
});

test("axon takes the first and the last port that axons may have", async () => {
  for (const port of ["1025", "65534"]) {
    assert.equal((await found(["--axon.port", port]))[0].level, "ok");
  }
});

test("axon fails where the user may not listen, and does not dial", async () => {
  const findings = await found([], {
    system: { holdPort: () => "denied", connects: () => assert.fail("nobody would answer") },
  });
  assert.deepEqual(lines(findings), [
    "fail axon port: this user may not listen on 0.0.0.0:8091",
    "warning axon outside: not checked, because nothing can listen on the axon's port",
  ]);
});

test("axon fails where --axon.ip is of another machine", async () => {
  const [finding] = await found(["--axon.ip", "203.0.113.9"], {
    system: { holdPort: () => "notHere" },
  });
  assert.deepEqual(lines([finding]), [
    "fail axon port: --axon.ip is 203.0.113.9, which is no address of this machine",
  ]);
  assert.include(finding.advice, "--axon.external_ip");
});

test("axon is well when an axon runs already and answers from outside too", async () => {
  assert.deepEqual(lines(await found([], { system: answering(axonAnswer) })), [
    "ok axon port: an axon listens on 8091 already",
    "ok axon outside: an axon answers at 203.0.113.9:8091",
  ]);
});

test("axon asks what holds the port at this machine's own address", async () => {
  const cases = [
    ["0.0.0.0", "http://127.0.0.1:8091/"],
    ["::", "http://[::1]:8091/"],
    ["192.168.1.4", "http://192.168.1.4:8091/"],
    ["fe80::1", "http://[fe80::1]:8091/"],
  ];
  for (const [ip, url] of cases) {
    const urls: string[] = [];
    const ask = (asked: string): Promise<Response> => {
      urls.push(asked);
      return axonAnswer();
    };
    await found(["--axon.ip", ip], { system: { holdPort: () => "inUse", fetch: ask } });
    assert.equal(urls[0], url);
  }
});

test("axon fails where another program holds the port", async () => {
  const answers = [
    () => Promise.resolve(new Response("hello")),
    () => Promise.resolve(new Response("no such page", { status: 404 })),
    () => Promise.resolve(new Response(null, { status: 404 })),
    () => Promise.resolve(new Response("Synapse name", { status: 200 })),
    () => Promise.reject(new TypeError("no HTTP")),
  ];
  for (const answer of answers) {
    const findings = await found([], { system: answering(answer) });
    assert.deepEqual(lines(findings), [
      "fail axon port: 8091 is taken by a program that is no axon",
      "warning axon outside: something answers at 203.0.113.9:8091, but it is not this machine's axon",
    ]);
  }
});

test("axon warns where what holds the port does not answer", async () => {
  const [port] = await found([], { system: answering(() => NEVER) });
  assert.deepEqual(lines([port]), [
    "warning axon port: 8091 is taken by a program that does not answer",
  ]);
});

test("axon does not read an answer without end", async () => {
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("Synapse name ")),
  });
  const answer = (): Promise<Response> => Promise.resolve(new Response(endless, { status: 404 }));
  const [port] = await found(["--axon.external_ip", "10.0.0.1"], { system: answering(answer) });
  assert.equal(port.level, "ok");
});

test("axon dials the address of the flags rather than the chain's", async () => {
  const dialled: string[] = [];
  const connects = (ip: string, port: number): Promise<boolean> => {
    dialled.push(`${ip} ${port}`);
    return Promise.resolve(true);
  };
  const flags = ["--axon.external_ip", "2001:db8::9", "--axon.external_port", "9001"];
  const [, outside] = await found(flags, { system: { connects } });
  assert.deepEqual(dialled, ["2001:db8::9 9001"]);
  assert.deepEqual(lines([outside]), ["ok axon outside: [2001:db8::9]:9001 leads to this machine"]);
});

test("axon takes the port that it listens on for the one outside, unless told", async () => {
  const [, outside] = await found(["--axon.external_ip", "203.0.113.1", "--axon.port", "9000"]);
  assert.include(outside.message, "203.0.113.1:9000");
});

test("axon warns of a refused connection, and does not make more of it than it is", async () => {
  const [, outside] = await found([], { system: { connects: () => Promise.resolve(false) } });
  assert.equal(outside.level, "warning");
  assert.match(outside.message, /takes no connection from here; others may get one all the same/);
  assert.equal(outside.command, "curl -m 5 http://203.0.113.9:8091/");
});

test("axon gives up a connection that hangs after 5 s", async () => {
  await withDoctor(async (doctor) => {
    const startMs = doctor.clock.nowMs();
    const [, outside] = await check(doctor);
    assert.include(outside.message, "takes no connection from here");
    assert.equal(doctor.clock.nowMs() - startMs, 5000);
  }, { system: { connects: () => NEVER } });
});

test("axon warns where a connection stands but does not arrive here", async () => {
  const [, outside] = await found([], { system: { holdPort: () => freePort(NEVER) } });
  assert.deepEqual(lines([outside]), [
    "warning axon outside: something answers at 203.0.113.9:8091, but it is not this machine's axon",
  ]);
  assert.include(outside.advice, "router");
});

test("axon fails for an external address that nobody outside can dial, and does not dial it", async () => {
  const cases = [
    ["192.168.1.4", "which only its own network can reach"],
    ["127.0.0.1", "which each machine takes for itself"],
    ["::1", "which each machine takes for itself"],
    ["0.0.0.0", "which is no address"],
    ["255.255.255.255", "which is no address of one machine"],
  ];
  for (const [ip, fault] of cases) {
    const [, outside] = await found(["--axon.external_ip", ip], {
      system: { connects: () => assert.fail("it is not to be dialled") },
    });
    assert.deepEqual(lines([outside]), [
      `fail axon outside: --axon.external_ip is ${ip}, ${fault}`,
    ]);
  }
});

test("axon dials a private address where the chain is local", async () => {
  for (const ip of ["192.168.1.4", "127.0.0.1"]) {
    const args = ["--axon.external_ip", ip, "--subtensor.network", "local"];
    const [, outside] = await found(args);
    assert.deepEqual(lines([outside]), [`ok axon outside: ${ip}:8091 leads to this machine`]);
  }
});

test("axon fails for an external port that axons may not have", async () => {
  const args = ["--axon.external_ip", "203.0.113.1", "--axon.external_port", "443"];
  const [, outside] = await found(args);
  assert.equal(outside.level, "fail");
  assert.equal(outside.advice, "Choose --axon.external_port from 1025 to 65534.");
});

test("axon dials each address that the chain publishes once", async () => {
  const dialled: string[] = [];
  const findings = await found(["--netuid", "27,33,34"], {
    chain: {
      uidOf: () => Promise.resolve(1),
      axonOf: (netuid) => Promise.resolve({ ...AXON, port: netuid === 34 ? 9001 : 8091 }),
    },
    system: {
      connects(_ip, port): Promise<boolean> {
        dialled.push(`${port}`);
        return Promise.resolve(true);
      },
    },
  });
  assert.sameMembers(dialled, ["8091", "9001"]);
  assert.lengthOf(findings, 3);
});

test("axon leaves a published address that nobody can dial to the check of what is published", async () => {
  const findings = await found([], {
    chain: { axonOf: () => Promise.resolve({ ...AXON, ip: "192.168.1.4" }) },
    system: { connects: () => assert.fail("it is not to be dialled") },
  });
  assert.deepEqual(lines(findings), ["ok axon port: 8091 is free to listen on"]);
});

test("axon says that no address outside is known", async () => {
  const none = "warning axon outside: not checked, because neither --axon.external_ip nor the " +
    "chain names this machine's address";
  for (
    const chain of [{ axonOf: () => Promise.resolve(undefined) }, {
      uidOf: () => Promise.resolve(undefined),
    }]
  ) {
    const [, outside] = await found([], { chain });
    assert.deepEqual(lines([outside]), [none]);
  }
});

test("axon needs no address outside on a subnet whose miners nobody dials", async () => {
  for (const uid of [1, undefined]) {
    const findings = await found(["--netuid", "9"], {
      chain: { uidOf: () => Promise.resolve(uid) },
    });
    assert.deepEqual(lines(findings), ["ok axon port: 8091 is free to listen on"]);
  }
});

test("axon looks at the port though the chain could not be opened", async () => {
  const findings = await found([], { openChain: () => Promise.reject(new WeftError("refused")) });
  assert.deepEqual(lines(findings), [
    "ok axon port: 8091 is free to listen on",
    "warning axon outside: not checked, because the chain could not be opened",
  ]);
});
