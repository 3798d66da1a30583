"""Documents that are made from the code are as the code is now; `make docs` writes them anew."""

import re

import pytest
from tools.documents import DOCUMENTS
from tools.documents.files import noun_in
from tools.documents.rules import BESIDES
from tools.documents.schemas import KINDS

from ketasched.cli.output import EXIT_CODES
from ketasched.files.codec import fields_of
from ketasched.model import Clinic, Course, Protocol
from ketasched.planning.planner import KEPT
from tests.conftest import ROOT


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


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_key_says_what_it_is_for(kind):
    silent = [
        f"{noun.__name__}.{name}"
        for noun in nouns_of(kind)
        for name, one in fields_of(noun).items()
        if not one.key.about.endswith(".")
    ]
    assert silent == []


def test_the_files_are_those_that_are_read():
    assert set(KINDS.values()) == {Clinic, Course, Protocol}


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.endswith(".md")])
def test_links_within_a_page_lead_somewhere(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w-]", "", one.lower().replace(" ", "-")) for one in headings]
    assert len(set(anchors)) == len(anchors)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= set(anchors)


def test_every_finding_is_explained():
    sources = (ROOT / "src" / "ketasched").rglob("*.py")
    made = "".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r'Finding\("([a-z-]+)"', made)) | {KEPT[0]}
    assert named == set(BESIDES)


def test_the_readme_has_every_exit_code():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [*EXIT_CODES]
