"""Commands whose standard streams are closed, as some schedulers start them."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.batches import roster_file, rows_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")

AT = "--made-at 2026-11-23T10:00"
CLINIC = ROOT / "examples" / "clinic.toml"
NO_INPUT = "standard input: cannot be read: it is closed"


def shell(command: str, redirection: str) -> "subprocess.CompletedProcess[str]":
    """A command in a shell that opens or closes its streams like this."""
    program = f"{shlex.quote(sys.executable)} -m ketasched {command} {redirection}"
    return subprocess.run(
        ["/bin/sh", "-c", program], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    "command",
    [
        f"batch - -o out {AT}",
        "check -",
        "show -",
        "suggest - 3",
        f"plan --start 2026-12-07 --clinic - {AT}",
        f"plan --start 2026-12-07 --busy - {AT}",
        "register import - --register book.db",
    ],
)
def test_without_standard_input_what_reads_it_says_so(command):
    done = shell(command, "<&-")
    assert done.returncode == 3
    assert NO_INPUT in done.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(f"batch roster.csv -o out --jobs 2 --clinic {CLINIC} {AT}", 0, id="batch"),
        pytest.param(f"batch - -o out --clinic {CLINIC} {AT}", 3, id="batch without rows"),
        pytest.param(f"plan --start 2026-12-07 -o out {AT}", 0, id="plan"),
        pytest.param("plan --start soon", 2, id="plan for no day"),
        pytest.param("check -", 3, id="check"),
    ],
)
def test_without_standard_output_or_error_a_command_does_what_it_does_with_them(
    command, code, closed
):
    roster_file(rows_of(3))
    done = shell(command, f"</dev/null {closed}" if "<" not in closed else closed)
    assert done.returncode == code
    assert Path("out").exists() == (code == 0)


def test_no_file_of_ours_is_opened_in_the_place_of_a_closed_stream():
    program = (
        "import os\n"
        "from ketasched.cli import main\n"
        "main(['schema', 'clinic'], standalone_mode=False)\n"
        "os._exit(os.open('file', os.O_RDWR | os.O_CREAT))"
    )
    asked = f"{shlex.quote(sys.executable)} -c {shlex.quote(program)} <&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", asked], check=False).returncode > 2
