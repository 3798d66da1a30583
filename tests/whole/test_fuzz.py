"""What fuzzing has found stays mended, and changed data of every kind is refused in our words.

`make fuzz` looks for more, led by coverage; here each run makes the same few hundred changes.
"""

import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from tools.fuzz.mutations import mutate
from tools.fuzz.readers import READERS, read_or_refuse, seeds

from ketasched.errors import NoPlan

FOUND = Path(__file__).parent / "fuzz_corpus"
SECONDS = 2
"""Of work for one input; a file under 10 MB takes no longer."""

MANY = 150

found = sorted(path for path in FOUND.glob("*/*") if path.is_file())


@pytest.mark.parametrize("path", found, ids=lambda path: f"{path.parent.name} {path.name}")
def test_what_was_found_is_an_answer_now(path):
    begun = time.process_time()
    read_or_refuse(path.parent.name, path.read_bytes())
    assert time.process_time() - begun < SECONDS


@pytest.mark.parametrize("reader", READERS)
def test_what_fuzzing_begins_with_is_read_without_refusal(reader):
    for seed in seeds(reader):
        with suppress(NoPlan):  # of the days in the protocol no ten are on end
            READERS[reader](seed)


@pytest.mark.parametrize(
    "reader", ["protocol", "clinic", "course", "mapping", "proposal", "typed values", "record"]
)
def test_changed_data_is_used_or_refused(reader):
    random = Random(reader)
    texts = [seed.decode() for seed in seeds(reader) if seed.startswith(b"{")]
    for _ in range(MANY):
        read_or_refuse(reader, mutate(random.choice(texts), random).encode())


@pytest.mark.parametrize("reader", ["roster", "busy calendar", "calendar server"])
def test_changed_lines_are_used_or_refused(reader):
    random = Random(reader)
    texts = list(seeds(reader))
    for _ in range(MANY):
        data = bytearray(random.choice(texts))
        for _ in range(random.randint(1, 8)):
            data[random.randrange(len(data))] = random.choice(b'",;\n\r\0\xff=P2-:TZ')
        read_or_refuse(reader, bytes(data))
