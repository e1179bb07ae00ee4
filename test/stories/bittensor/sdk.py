"""Runs the real axon and dendrite of a checkout of the Bittensor SDK, with stand-ins for what of it
needs a wallet or a chain.

    sdk.py CHECKOUT KEYS ask PORT AXON_HOTKEY    asks an axon what the lines on stdin say
    sdk.py CHECKOUT KEYS serve PORT              answers challenges until stdin ends

KEYS is a command that signs and verifies (see keys.ts). One JSON object a line on stdout.
"""

import asyncio
import concurrent.futures
import dataclasses
import hashlib
import importlib.util
import json
import subprocess
import sys
import types
from typing import Optional, Tuple

CHECKOUT, KEYS, MODE, PORT, *REST = sys.argv[1:]
SDK_VERSION = 10_002_000
keys = subprocess.Popen(KEYS.split(" "), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask_keys(question):
    keys.stdin.write(json.dumps(question) + "\n")
    keys.stdin.flush()
    return json.loads(keys.stdout.readline())


class Keypair:
    """The part of btwallet's that both ends use; its secrets stay with KEYS."""

    def __init__(self, ss58_address=None, uri=None):
        self.uri = uri
        self.ss58_address = ss58_address or ask_keys({"address": uri})

    def sign(self, message):
        text = message if isinstance(message, str) else message.decode()
        return bytes.fromhex(ask_keys({"sign": text, "uri": self.uri}))

    def verify(self, message, signature):
        return ask_keys({"verify": message, "signature": signature, "address": self.ss58_address})


class Wallet:
    def __init__(self, uri):
        self.hotkey = self.coldkeypub = Keypair(uri=uri)


class Quiet:
    """A logger without a word."""

    def __getattr__(self, _name):
        return lambda *_args, **_kwargs: None


Quiet.__trace_on__ = False


class Defaults(dict):
    __getattr__ = dict.__getitem__


@dataclasses.dataclass
class AxonInfo:
    version: int = 0
    ip: str = ""
    ip_type: int = 4
    port: int = 0
    hotkey: str = ""
    coldkey: str = ""
    protocol: int = 4
    placeholder1: int = 0
    placeholder2: int = 0


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def package(name):
    stand_in(name).__path__ = [f"{CHECKOUT}/{name.replace('.', '/')}"]


def load(name):
    path = f"{CHECKOUT}/{name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def prepare():
    for name in ("bittensor", "bittensor.core", "bittensor.utils"):
        package(name)
    utils = sys.modules["bittensor.utils"]
    utils.get_hash = lambda text, encoding="utf-8": hashlib.sha3_256(text.encode(encoding)).hexdigest()
    utils.Certificate = str
    utils.networking = types.SimpleNamespace(
        get_external_ip=lambda: "203.0.113.9", ip_version=lambda _ip: 4
    )
    stand_in("bittensor_wallet", Wallet=Wallet, Keypair=Keypair)
    stand_in("bittensor.utils.btlogging", logging=Quiet())
    stand_in("bittensor.utils.networking")
    stand_in("bittensor.utils.registration", torch=None, use_torch=lambda: False)
    axon = Defaults(port=8091, ip="[::]", external_port=None, external_ip=None, max_workers=10)
    stand_in(
        "bittensor.core.settings", DEFAULTS=Defaults(axon=axon), version_as_int=SDK_VERSION
    )
    stand_in("async_substrate_interface")
    stand_in("async_substrate_interface.utils", json=json)
    stand_in("bittensor.core.chain_data", AxonInfo=AxonInfo)
    stand_in("bittensor.core.config", Config=type("Config", (), {}))
    stand_in(
        "bittensor.core.threadpool",
        PriorityThreadPoolExecutor=concurrent.futures.ThreadPoolExecutor,
    )
    # Its head imports what only a chain needs; what follows are the classes of errors.
    source = open(f"{CHECKOUT}/bittensor/core/errors.py").read()
    errors = stand_in("bittensor.core.errors", Optional=Optional)
    exec(source[source.index("class InvalidRequestNameError"):], errors.__dict__)
    load("bittensor.utils.axon_utils")
    synapse = load("bittensor.core.synapse")
    load("bittensor.core.stream")
    return synapse, load("bittensor.core.axon"), load("bittensor.core.dendrite")


SYNAPSE, AXON, DENDRITE = prepare()


class Challenge(SYNAPSE.Synapse):
    challenge_hash: str = ""
    challenge_salt: str = ""
    challenge_mode: str = ""
    challenge_chars: str = ""
    challenge_mask: str = ""
    challenge_difficulty: int = 7
    output: dict = {}


class Hashed(SYNAPSE.Synapse):
    a: int
    b: list
    c: str = "x"
    required_hash_fields = ("a", "b", "c")


KINDS = {"Challenge": Challenge, "Hashed": Hashed, "Synapse": SYNAPSE.Synapse}


def say(data):
    print(json.dumps(data), flush=True)


async def ask():
    """Each line: {"kind", "fields", "timeout"}; each answer: its status, message and fields."""
    [axon_hotkey] = REST
    dendrite = DENDRITE.Dendrite(wallet=Keypair(uri="//Alice"))
    target = AxonInfo(ip="127.0.0.1", port=int(PORT), hotkey=axon_hotkey)
    for line in sys.stdin:
        asked = json.loads(line)
        synapse = KINDS[asked["kind"]](**asked["fields"])
        answer = await dendrite.call(
            target, synapse, timeout=asked.get("timeout", 12.0), deserialize=False
        )
        fields = {name: getattr(answer, name) for name in asked["fields"]}
        fields["output"] = getattr(answer, "output", None)
        status, message = answer.dendrite.status_code, answer.dendrite.status_message
        say({"status": status, "message": message, "fields": fields})
    await dendrite.aclose_session()


def serve():
    ends = types.SimpleNamespace(
        ip="[::]", port=int(PORT), external_ip="127.0.0.1", external_port=int(PORT), max_workers=4
    )
    config = types.SimpleNamespace(axon=ends)
    axon = AXON.Axon(wallet=Wallet("//Bob"), config=config)

    def forward(synapse: Challenge) -> Challenge:
        synapse.output = {"password": "abc", "local_execution_time": 1.5, "error": None}
        return synapse

    def blacklist(synapse: Challenge) -> Tuple[bool, str]:
        return synapse.timeout == 99.0, "Unrecognized hotkey"

    def hashed(synapse: Hashed) -> Hashed:
        return synapse

    axon.attach(forward, blacklist)
    axon.attach(hashed)
    axon.fast_config.loop = "asyncio"
    axon.start()
    say({"serving": axon.wallet.hotkey.ss58_address})
    sys.stdin.read()
    axon.stop()


if MODE == "ask":
    asyncio.run(ask())
else:
    serve()
