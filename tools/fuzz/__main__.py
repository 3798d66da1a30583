"""Fuzz the readers: `python -m tools.fuzz [READER ...] [--seconds N]`; `make fuzz` does all.

Coverage leads (atheris, libFuzzer). What is found is written into
`tests/whole/fuzz_corpus/<reader>/`, and is a test from then on (`test_fuzz.py`). A bug is any
error that is not ours, more than two seconds of work for one input, and more than 500 MB.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["ketasched"]):
    from tools.fuzz.mutations import mutate
    from tools.fuzz.readers import READERS, read_or_refuse, seeds

SECONDS, MEGABYTES, LONGEST = 2, 500, 200_000
FOUND = Path(__file__).parents[2] / "tests" / "whole" / "fuzz_corpus"


def main() -> int:
    """Fuzz each reader in a process of its own; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="tools.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", default=list(READERS), metavar="READER")
    parser.add_argument("--seconds", type=int, default=60, help="for each of them (60)")
    asked = parser.parse_args()
    codes = [_fuzz_apart(reader, asked.seconds) for reader in asked.readers]
    return int(any(codes))


def _fuzz_apart(reader: str, seconds: int) -> int:
    """The exit code of a process that fuzzes one reader, forked as imports take seconds here."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _fuzz(reader, seconds)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _fuzz(reader: str, seconds: int) -> None:
    """Fuzz one reader; libFuzzer ends the process."""
    found = FOUND / reader
    found.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix="ketasched-fuzz-"))
    words: set[str] = set()
    for number, seed in enumerate(seeds(reader)):
        (corpus / f"seed-{number}").write_bytes(seed)
        words |= set(re.findall(r"[\w.-]{2,30}", seed.decode(), re.ASCII))
    dictionary = corpus.with_suffix(".dict")
    dictionary.write_text("".join(f'"{word}"\n' for word in sorted(words)), encoding="ascii")
    options = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-timeout={30 * SECONDS}",  # for what hangs; the work itself is measured below
        "-report_slow_units=3600",  # by the clock: nothing that counts
        f"-max_len={LONGEST}",
        f"-artifact_prefix={found}/",
        f"-dict={dictionary}",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    argv = [sys.argv[0], *options, str(corpus), str(found)]
    atheris.Setup(argv, lambda data: _try(reader, data), custom_mutator=_mutate)
    atheris.Fuzz()


def _mutate(data: bytes, most: int, seed: int) -> bytes:
    """Other bytes; where they are JSON, mostly other data."""
    random = Random(seed)
    if data.startswith(b"{") and random.random() < 0.8:
        with suppress(ValueError):
            return mutate(data.decode(), random).encode()[:most]
    mutant: bytes = atheris.Mutate(data, most)
    return mutant


def _try(reader: str, data: bytes) -> None:
    # What took long is tried again: the code is slower here, where its coverage is counted.
    took = 0.0
    for _ in range(2):
        begun = time.process_time()
        read_or_refuse(reader, data)
        took = time.process_time() - begun
        if took <= SECONDS:
            return
    raise TimeoutError(f"{took:.1f} s for {len(data):,} bytes")


if __name__ == "__main__":
    sys.exit(main())
