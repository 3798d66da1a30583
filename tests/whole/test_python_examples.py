"""The scripts in examples/python: each runs as it is, prints what is kept here, and is short."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "examples" / "python").glob("*.py"))
PRINTED = ROOT / "tests" / "whole" / "python_examples"
MOST_LINES = 20


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_what_is_kept_of_it(path, request):
    shutil.copytree(ROOT / "examples", Path("examples"))
    done = subprocess.run(
        [sys.executable, "-W", "error", f"examples/python/{path.name}"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    kept = PRINTED / f"{path.stem}.txt"
    if request.config.getoption("--update-golden"):
        kept.write_text(done.stdout, encoding="utf-8")
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_short_and_says_what_it_does(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES
    assert text.startswith('"""')


def test_there_are_twelve_at_least_and_nothing_is_kept_of_one_that_is_gone():
    assert len(SCRIPTS) >= 12
    assert {path.stem for path in PRINTED.glob("*.txt")} == {path.stem for path in SCRIPTS}


def test_each_script_has_a_register_of_its_own():
    texts = [path.read_text(encoding="utf-8") for path in SCRIPTS]
    names = [name for text in texts for name in set(re.findall(r'"(\w+\.db)"', text))]
    assert len(set(names)) == len(names) >= 2
