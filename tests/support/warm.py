"""Plans and changes a course when it is imported, as the process does that is forked.

What it forks has read the templates and the protocols then. It opens no database: a connection
must not be forked.
"""

import shlex
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from ketasched.cli import main

CLINIC = Path(__file__).parents[2] / "examples" / "clinic.toml"
ALONE = {"KETASCHED_REGISTER": None, "KETASCHED_CLINIC": None}
COMMANDS = (
    f"plan --clinic '{CLINIC}' --patient P --start 2027-04-05 --made-at 2026-11-23T10:00 -o .",
    "revise P driver 1 --name Sam --today 2027-04-01T09:00",
)

with TemporaryDirectory() as folder, chdir(folder):
    for command in COMMANDS:
        CliRunner().invoke(main, shlex.split(command), env=ALONE, catch_exceptions=False)
