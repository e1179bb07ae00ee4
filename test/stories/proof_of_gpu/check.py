"""Lets the published validator's own functions judge a proof: prints "passed" or "failed".

Arguments: a checkout of compute-subnet, seeds.txt, challenge_indices.txt, the printed lines of
--mode compute, and resp_0.json.
"""

import ast
import json
import sys
import types
from pathlib import Path

import numpy as np

# What the file imports beside NumPy is for logging in to miners; nothing of it is called here.
for name in ["paramiko", "blake3", "yaml", "torch", "bittensor"]:
    sys.modules.setdefault(name, types.ModuleType(name))
sys.modules["bittensor"].logging = types.SimpleNamespace(
    trace=lambda *_: None, info=lambda *_: None, error=lambda *_: None, warning=lambda *_: None
)

checkout, seeds_file, indices_file, lines_file, reply_file = sys.argv[1:]
source = (Path(checkout) / "neurons/Validator/pog.py").read_text()
pog = types.ModuleType("pog")
exec(compile(ast.parse(source), "pog.py", "exec"), pog.__dict__)

n, *seed_lines = Path(seeds_file).read_text().split("\n")
seeds = {int(g): (int(a), int(b)) for g, a, b in (line.split() for line in seed_lines if line)}
indices = {
    int(line.split()[0]): [tuple(map(int, place.split(","))) for place in line.split()[1].split(";")]
    for line in Path(indices_file).read_text().split("\n")
    if line
}
roots, _ = pog.parse_merkle_output(Path(lines_file).read_text())
reply = json.loads(Path(reply_file).read_text())
responses = {
    0: {
        "rows": [np.frombuffer(bytes.fromhex(row), dtype="<f4") for row in reply["rows"]],
        "proofs": [[bytes.fromhex(node) for node in path] for path in reply["proofs"]],
    }
}
root_hashes = {int(gpu): root for gpu, root in roots}
with np.errstate(over="ignore"):
    passed = pog.verify_responses(seeds, root_hashes, responses, indices, int(n))
print("passed" if passed else "failed")
