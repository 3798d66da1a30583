"""The commands in documents that are written by hand are run, and print what is shown."""

import doctest
import re
import shutil
from pathlib import Path

import pytest
from tools.page_picture import PICTURE, digest_of, example_page

from tests.conftest import ROOT
from tests.support.transcript import played

README, TUTORIAL, BAD_MONDAY, SCRIPTS, PYTHON_GUIDE = (
    ROOT / name
    for name in (
        *("README.md", "docs/tutorial.md", "docs/bad-monday.md", "docs/scripts.md"),
        "docs/python.md",
    )
)
FENCE = "```console\n"
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def _clone():
    """The examples, where the commands look for them."""
    shutil.copytree(ROOT / "examples", Path("examples"))


def replayed(text: str) -> str:
    """The text with the real output of the commands in its console blocks."""
    head, *blocks = text.split(FENCE)
    parts = [head]
    for block in blocks:
        transcript, rest = block.split("```", 1)
        parts += [FENCE, played(transcript), "```", rest]
    return "".join(parts)


@pytest.mark.parametrize(
    "path", [README, TUTORIAL, BAD_MONDAY, SCRIPTS], ids=lambda path: path.name
)
def test_a_document_shows_what_its_commands_print(path, request):
    text = path.read_text(encoding="utf-8")
    shown = replayed(text)
    if request.config.getoption("--update-golden"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_no_other_document_has_commands_that_nobody_runs():
    documents = (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
    found = {path for path in documents if FENCE in path.read_text(encoding="utf-8")}
    assert found == {README, TUTORIAL, BAD_MONDAY, SCRIPTS}


@pytest.mark.parametrize("path", [SCRIPTS, PYTHON_GUIDE], ids=lambda path: path.name)
def test_the_python_of_a_document_runs(path):
    blocks = PYTHON.findall(path.read_text(encoding="utf-8"))
    session = doctest.DocTestParser().get_doctest("".join(blocks), {}, path.name, None, 0)
    assert len(session.examples) > 5
    assert doctest.DocTestRunner().run(session).failed == 0


def test_the_readme_is_short_and_opens_with_the_two_commands_and_has_five_examples():
    text = README.read_text(encoding="utf-8")
    assert text.count("\n") <= 180
    assert text.index("make demo") < text.index("make test") < text.index("pipx install")
    assert text.count(f"{FENCE}$ ketasched ") == 5


def test_the_picture_is_of_the_page_as_it_is():
    data = PICTURE.read_bytes()
    assert digest_of(example_page()).encode() in data, "`make picture` makes it anew"
    assert len(data) < 120_000


def test_who_does_not_see_the_picture_reads_what_it_shows():
    found = re.search(r"!\[([^]]+)\]\(docs/page\.png\)", README.read_text(encoding="utf-8"))
    assert found is not None
    assert "Someone else has to" in found[1]
