"""The README's commands are run, one after the other, and print what it says."""

import shutil
from pathlib import Path

from tests.conftest import ROOT
from tests.support.transcript import played

README = ROOT / "README.md"
FENCE = "```console\n"


def replayed(text: str) -> str:
    """The text with the real output of the commands in its console blocks."""
    head, *blocks = text.split(FENCE)
    parts = [head]
    for block in blocks:
        transcript, rest = block.split("```", 1)
        parts += [FENCE, played(transcript), "```", rest]
    return "".join(parts)


def test_the_readme_shows_what_its_commands_print(request):
    shutil.copytree(ROOT / "examples", Path("examples"))
    text = README.read_text(encoding="utf-8")
    shown = replayed(text)
    if request.config.getoption("--update-golden"):
        README.write_text(shown, encoding="utf-8")
    assert shown == README.read_text(encoding="utf-8")


def test_the_readme_opens_with_the_two_commands_and_has_five_worked_ones():
    text = README.read_text(encoding="utf-8")
    assert text.index("make demo") < text.index("make test") < text.index("pipx install")
    assert text.count(f"{FENCE}$ ketasched ") == 12
