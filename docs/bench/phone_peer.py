"""Times smrt and Google's C++ libphonenumber on the same phone numbers, one after the other.

Run in the root of the repository:  python3 docs/bench/phone_peer.py [COUNT] [SEED]

Needs g++ and Debian's libphonenumber-dev. Prints both times, their ratio and how many of the
answers (E.164 or not valid) are equal; that library's metadata is older than ours.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

count, seed = (sys.argv[1:] + ["200000", "1"][len(sys.argv) - 1 :])[:2]
example = "cargo run --quiet --release -p smrt-core --example bench_phone --".split()


def run(*command):
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    print(output, end="")
    times = re.search(r"([0-9.]+) ns/number", output)
    return float(times.group(1)) if times else None


with tempfile.TemporaryDirectory() as folder:
    at = Path(folder)
    peer = at / "phone_peer"
    source = Path(__file__).with_name("phone_peer.cc")
    run("g++", "-O2", "-o", str(peer), str(source), "-lphonenumber")
    rows = at / "mixed.tsv"
    run(*example, "write", str(rows), count, seed)
    ratios = []
    for _ in range(3):
        ours = run(*example, "ours", str(rows), str(at / "ours"))
        theirs = run(str(peer), str(rows), str(at / "theirs"))
        ratios.append(theirs / ours)
    print("libphonenumber takes", ", ".join(f"{ratio:.0f}" for ratio in ratios), "times as long")
    answers = zip((at / "ours").read_text().split(), (at / "theirs").read_text().split())
    equal = sum(a == b for a, b in answers)
    print(f"{equal} of {count} answers are equal")
