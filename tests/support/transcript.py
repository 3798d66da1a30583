"""Transcripts: whole commands with their whole output, as a terminal shows them.

A transcript is text in which "$ ketasched …" begins a command and what follows is its output,
standard error included, up to the next command; a non-zero exit code closes it as "[exit 4]".
How long something took is always 3.0 s, a salt that is proposed always 0123456789abcdef twice.
"--- name" begins a file that the commands find in their folder; it ends at the next "---". In one
that begins "--- escaped name" bytes that no text has are written as "\\x00".
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from ketasched.cli import main

PROMPT, ESCAPED = "$ ketasched ", "escaped "

TOOK = re.compile(r"(?m); [\d,]+\.\d s$")
"""How long a roster took, which no two runs have in common."""


@dataclass(frozen=True)
class Step:
    """A command as it is typed, without the prompt and the program's name, and its output."""

    command: str
    output: str


SALT = re.compile(r'id_salt = "[0-9a-f]{32}"')
"""A random salt that a warning proposes."""


def played(transcript: str) -> str:
    """The transcript with the output that its commands really have, in the working directory."""
    lines: list[str] = []
    steps = iter(transcript.splitlines())
    for line in steps:
        if line.startswith(PROMPT):
            lines += [line, *run(line.removeprefix(PROMPT)).splitlines()]
        elif line.startswith("--- "):
            lines += [line, *_written(line.removeprefix("--- "), steps)]
        elif line.startswith("#"):
            lines += ["", line] if lines else [line]
    return "\n".join(lines) + "\n"


def run(command: str) -> str:
    """What a command prints, in the order in which it does, and its exit code if it is not 0."""
    result = CliRunner().invoke(main, shlex.split(command), prog_name="ketasched")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    closing = f"[exit {result.exit_code}]\n" if result.exit_code else ""
    output = SALT.sub('id_salt = "0123456789abcdef0123456789abcdef"', result.output)
    return TOOK.sub("; 3.0 s", output) + closing


def _written(name: str, lines: Iterator[str]) -> Iterator[str]:
    content = []
    for line in lines:
        yield line
        if line == "---":
            break
        content.append(f"{line}\n")
    data = "".join(content).encode()
    if name.startswith(ESCAPED):
        data = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), data)
    path = Path(name.removeprefix(ESCAPED))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
