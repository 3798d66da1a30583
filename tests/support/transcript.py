"""Transcripts: whole commands with their whole output, as a terminal shows them.

A transcript is text in which "$ ketasched …" begins a command and what follows is its output,
standard error included, up to the next command; a non-zero exit code closes it as "[exit 4]".
How long something took is always 3.0 s, a salt that is proposed always 0123456789abcdef twice, and
the random name of a feed always a-name-that-nobody-can-guess.ics.
"--- name" begins a file that the commands find in their folder; it ends at the next "---". In one
that begins "--- escaped name" bytes that no text has are written as "\\x00".
"""

import re
import shlex
from collections.abc import Callable, Iterator
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


FEED = re.compile(r"(?<![\w-])[\w-]{32}(?=\.ics)")
"""The random name of a feed."""


def played(
    transcript: str, note: Callable[[str, str], None] = lambda _command, _output: None
) -> str:
    """The transcript with the output that its commands really have, in the working directory.

    `note` is called with each command and its output before the next one runs.
    """
    lines: list[str] = []
    steps = iter(transcript.splitlines())
    for line in steps:
        if line.startswith(PROMPT):
            command = line.removeprefix(PROMPT)
            output = run(command)
            lines += [line, *output.splitlines()]
            note(command, output)
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
    output = FEED.sub("a-name-that-nobody-can-guess", output)
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


VALUES = {
    "DIR": "somewhere",
    "DATE": "2027-03-01",
    "N": "4",
    "NAME": "Sam",
    "PHONE": "'555 0100'",
    "-NAME": "-x",
    "WHY": "snow",
    "FILE": "book.db",
    "BACKUP": "backup.db",
    "VERB": "complete",
    "CLINIC.toml": "clinic.toml",
    "COURSE": "courses/P-014",
    "DAYS": "2",
    "HH:MM": "10:00",
    "SESSIONS": "'8 from 2027-01-04 until 2027-02-28'",
    "MAIL": "anna@example.org",
    "TEXT": "snow",
}
"""What somebody puts for the words that stand for values in a next step."""

TO_PASTE = re.compile(
    r"""(?m)^ *(?:try|note|warning): (?:.*: )?(ketasched .*)$"""
    r"""|^ *"(?:try|note|warning)": (?:.*: |")?(ketasched [^"]*?)"?$"""
)
"""A command in a message of a terminal, or of JSON."""


def commands_to_paste(output: str) -> Iterator[str]:
    """The commands in the next steps and notes of an output."""
    for found in TO_PASTE.finditer(output):
        yield (found[1] or found[2]).removeprefix("ketasched ")


OPTIONS_TO_PASTE = re.compile(r"(?m)^try: (?:(?:.*?)(?:in place of (--[a-z-]+))?: )?(--[a-z].*)$")
"""Options in a next step, and the one that they replace: they come last, as commands do."""


def with_pasted_options(command: str, output: str) -> Iterator[str]:
    """The command with the options of each next step in its output."""
    for found in OPTIONS_TO_PASTE.finditer(output):
        words = shlex.split(command)
        while found[1] in words:
            begin = words.index(found[1])
            del words[begin : begin + 2]
        yield f"{shlex.join(words)} {with_values(found[2])}"


def with_values(command: str) -> str:
    """The command with a value for each word that stands for one."""
    return " ".join(VALUES.get(word, word) for word in command.split(" "))


UNDERSTOOD = ("record it when its day has come", "is still to come", "no Dask scheduler answers")
"""What is said of values that are understood, and which only this test cannot know."""


def is_accepted(command: str) -> bool:
    """Whether a command that was pasted is understood: also one that has to wait for its day."""
    result = CliRunner().invoke(main, shlex.split(command), prog_name="ketasched")
    return result.exit_code not in (2, 70) or any(said in result.stderr for said in UNDERSTOOD)
