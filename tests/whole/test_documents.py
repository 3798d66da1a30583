"""Documents made from the code are as the code is now (`make docs`), and all of them lead on."""

import re
from pathlib import Path

import click
import pytest
from tools.documents import DOCUMENTS
from tools.documents.commands import commands
from tools.documents.files import noun_in
from tools.documents.rules import BESIDES
from tools.documents.schemas import KINDS
from tools.documents.tables import purpose
from tools.show_search import lines, search_for

from ketasched.cli.output import EXIT_CODES
from ketasched.files.codec import fields_of
from ketasched.files.column_mapping import ColumnMapping
from ketasched.files.column_set import ColumnSet
from ketasched.model import Clinic, Course, Protocol, WrittenProposal
from ketasched.model.queues import QUEUE_ROWS
from ketasched.planning.left_out import LEFT_OUT
from ketasched.planning.planner import KEPT_START
from ketasched.revising.completion import UNPLANNED
from tests.conftest import ROOT

README = ROOT / "README.md"
PAGES = sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")))
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
NAMING_FILES = [README, CONTRIBUTING, *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_a_document_says_what_the_code_does(path, request):
    made = DOCUMENTS[path]()
    if request.config.getoption("--update-golden"):
        (ROOT / path).write_text(made, encoding="utf-8")
    assert made == (ROOT / path).read_text(encoding="utf-8"), "`make docs` writes it anew"


def nouns_of(kind: type) -> set[type]:
    """A noun, and all that are in it."""
    found = {kind}
    for one in fields_of(kind).values():
        inner = noun_in(one.kind, "")[0]
        if inner and inner not in found:
            found |= nouns_of(inner)
    return found


@pytest.mark.parametrize(
    "kind", [*KINDS.values(), *QUEUE_ROWS.values()], ids=[*KINDS, *QUEUE_ROWS]
)
def test_every_key_says_what_it_is_for(kind):
    silent = [
        f"{noun.__name__}.{name}"
        for noun in nouns_of(kind)
        for name, one in fields_of(noun).items()
        if not purpose(noun, one.name).endswith(".")
    ]
    assert silent == []


def test_the_files_are_those_that_are_read():
    assert set(KINDS.values()) == {
        *(Clinic, ColumnMapping, ColumnSet, Course, Protocol, WrittenProposal)
    }


def links_of(page: Path) -> set[tuple[Path, str]]:
    """The files of ours that a page leads to, each with the anchor in it, "" for its beginning.

    In a block of output `[14](15)` is two days of a calendar.
    """
    prose = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    found = re.findall(r"\]\(([^)]*)\)", prose)
    ours = (link.partition("#") for link in found if "://" not in link)
    return {((page.parent / file).resolve() if file else page, to) for file, _, to in ours}


def anchors_of(page: Path) -> list[str]:
    """What links within a page can lead to, as GitHub makes it of each heading."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w-]", "", one.lower().replace(" ", "-")) for one in headings]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    links = links_of(page)
    assert {file for file, _ in links if not file.exists()} == set()
    assert {(file, to) for file, to in links if to and to not in anchors_of(file)} == set()


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.endswith(".md")])
def test_no_two_headings_of_a_page_are_reached_by_one_link(path):
    anchors = anchors_of(ROOT / path)
    assert len(set(anchors)) == len(anchors)


def test_the_readme_leads_to_every_document():
    assert {page for page in PAGES if page != README} <= {file for file, _ in links_of(README)}


@pytest.mark.parametrize("page", NAMING_FILES, ids=lambda page: page.name)
def test_a_page_names_only_modules_that_are_there(page):
    named = set(re.findall(r"`([\w/]+\.py)\b", page.read_text(encoding="utf-8")))
    roots = (ROOT, ROOT / "src" / "ketasched", ROOT / "tests")
    assert {name for name in named if not any((root / name).exists() for root in roots)} == set()


def test_every_finding_is_explained():
    sources = (ROOT / "src" / "ketasched").rglob("*.py")
    made = "".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r'Finding\("([a-z-]+)"', made))
    named |= {KEPT_START[0], LEFT_OUT, UNPLANNED}
    assert named == set(BESIDES)


def test_the_document_for_scripts_has_every_exit_code():
    text = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [*EXIT_CODES]


def test_the_document_for_scripts_has_every_format_of_every_command():
    page = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8")
    lines = page.partition("\n## Formats\n")[2].partition("\n## ")[0].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith(("| `", "| [`"))]
    listed = {
        name: set(re.findall(r"`(\w+)`", formats))
        for names, formats in cells
        for name in re.findall(r"`(.+?)`", names)
    }
    offered = {
        path.removeprefix("ketasched "): set(option.type.choices)
        for path, command in commands()
        for option in command.params
        if "--format" in option.opts and isinstance(option.type, click.Choice)
    }
    of_a_verb = listed.pop("revise")
    verbs = [name for name in offered if name.startswith("revise ")]
    assert offered == listed | dict.fromkeys(verbs, of_a_verb)


def test_contributing_shows_the_search_by_hand_as_it_is():
    clinic = str(ROOT / "examples" / "clinic.toml")
    shown = "\n".join(lines(search_for("iv-depression", clinic, "2026-12-03")))
    assert f"\n{shown}\n```" in CONTRIBUTING.read_text(encoding="utf-8")
