"""Every command and every error, as somebody at a terminal sees them."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.transcript import played

TRANSCRIPTS = sorted((ROOT / "tests" / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_transcript_is_what_the_terminal_shows(path, request):
    shutil.copytree(ROOT / "examples", Path("examples"))
    transcript = path.read_text(encoding="utf-8")
    shown = played(transcript)
    if request.config.getoption("--update-golden"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")
