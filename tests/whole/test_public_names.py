"""What `import ketasched` gives: few names, all there, typed, and loaded only when used."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import ketasched
from tests.conftest import ROOT
from tests.whole.test_readme import PYTHON, PYTHON_GUIDE, SCRIPTS

OF_1_0 = {
    *("BadFile", "BadRequest", "Clinic", "Course", "Finding", "KetaschedError", "NoPlan"),
    *("Protocol", "Refused", "Request", "check", "load_clinic", "load_course", "load_protocol"),
    "plan",
}
SINCE = {
    *("BusyCalendars", "Register", "Waiting", "calendar", "invite", "publish", "render"),
    *("request", "revise", "suggest", "write_folder"),
}
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


def test_the_public_names_are_these():
    assert ketasched.__all__ == sorted(OF_1_0 | SINCE)
    assert set().union(*ketasched._HOMES.values()) == OF_1_0 | SINCE


@pytest.mark.parametrize("name", ketasched.__all__)
def test_a_public_name_is_there_and_says_what_it_is(name):
    found = getattr(ketasched, name)
    assert found.__doc__
    if not isinstance(found, ModuleType):
        home = next(home for home, names in ketasched._HOMES.items() if name in names)
        assert getattr(import_module(f"ketasched.{home}"), name) is found


def test_another_name_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'schedule'"):
        ketasched.schedule  # noqa: B018 - it raises


def test_to_import_it_loads_nothing_of_ours():
    program = "import sys, ketasched; print(*[m for m in sys.modules if 'ketasched.' in m])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_what_it_takes_from_a_page_or_a_script_passes_the_type_checker(tmp_path):
    pytest.importorskip("mypy")
    for page in (PYTHON_GUIDE, SCRIPTS):
        lines = "".join(PYTHON.findall(page.read_text(encoding="utf-8"))).splitlines()
        code = [line[4:] for line in lines if line.startswith((">>> ", "... ")) or line == "..."]
        (tmp_path / f"page_{page.stem}.py").write_text("\n".join(code), encoding="utf-8")
    checked = [*tmp_path.glob("page_*.py"), *EXAMPLES]
    cache = f"--cache-dir={ROOT / '.mypy_cache'}"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", cache, *map(str, checked)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_package_says_that_it_is_typed():
    assert (Path(ketasched.__file__).parent / "py.typed").exists()
