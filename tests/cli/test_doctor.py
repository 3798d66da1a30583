"""What `ketasched doctor` and `--version` say of an installation, right or wrong."""

import json
import shutil
import sys
import zoneinfo
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import SimpleNamespace

import pytest
import tzdata

from ketasched.cli import doctor, options
from ketasched.cli.doctor import CHECKS
from ketasched.cli.output import BROKEN, CUT_OFF, EXIT_CODES, INTERRUPTED, SOME_FAILED
from ketasched.errors import KetaschedError
from ketasched.files import zone_data as zonedata
from tests.conftest import ROOT
from tests.support.transcript import run

CLINIC = (
    'timezone = "America/New_York"\nphone = "555"\nid_salt = "x"\n[hours]\nmon = ["09:00-17:00"]\n'
)


def rows(more: str = "") -> dict[str, dict[str, object]]:
    """The rows of the report, by name."""
    said = run(f"doctor --format json {more}")
    return {row["name"]: row for row in json.loads(said.partition("[exit")[0])}


def system_with(monkeypatch, release: str, name: str = "tzdata.zi") -> Path:
    """A system whose zone data is of this release, "" if it does not say."""
    folder = Path("zoneinfo").resolve()
    (folder / "America").mkdir(parents=True)
    source = Path(str(tzdata.__file__)).parent / "zoneinfo"
    shutil.copy(source / "America/New_York", folder / "America")
    if release:
        (folder / name).write_text(f"# version {release}\n", encoding="utf-8")
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(folder),))
    return folder


def test_every_check_has_its_row_in_order():
    assert list(rows()) == list(CHECKS)
    lines = [line for line in run("doctor").splitlines() if line[:1].strip()]
    assert [line[9:19].strip() for line in lines] == list(CHECKS)


def test_all_is_fine_with_a_clinic_and_zone_data_of_this_year(monkeypatch):
    Path("clinic.toml").write_text(CLINIC, encoding="utf-8")
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    monkeypatch.setattr(options, "moment_of", lambda *_: SimpleNamespace(year=2026))
    monkeypatch.setattr(zonedata, "version", lambda _: "2026.2")
    said = run("doctor")
    assert "fine     zone data  2026b, from the package tzdata, of this year\n" in said
    assert "fine     clinic     clinic.toml\n" in said
    assert "warning" not in said
    assert "[exit" not in said


def test_the_systems_zone_data_comes_first_and_an_older_one_is_told(monkeypatch):
    folder = system_with(monkeypatch, "2019c")
    row = rows()["zone data"]
    assert row["level"] == "warning"
    assert str(row["said"]).startswith(f"2019c, from {folder}; the package tzdata is newer, 20")
    assert "PYTHONTZPATH" in str(row["try"])
    of_ours = f"ketasched {version('ketasched')}"
    assert run("--version").startswith(f"{of_ours}, zone data 2019c, from {folder}")


@pytest.mark.parametrize("name", ["tzdata.zi", "+VERSION"])
def test_the_release_is_read_where_systems_write_it(monkeypatch, name):
    folder = system_with(monkeypatch, "2031b", name)
    assert zonedata.zone_data() == zonedata.ZoneData("2031b", folder)


def test_zone_data_that_does_not_say_its_release_is_told(monkeypatch):
    system_with(monkeypatch, "")
    assert "of no known release" in str(rows()["zone data"]["said"])


def test_old_zone_data_is_told_also_where_there_is_none_newer(monkeypatch):
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    monkeypatch.setattr(options, "moment_of", lambda *_: SimpleNamespace(year=2035))
    row = rows()["zone data"]
    assert (row["level"], row["try"]) == ("warning", "pip install --upgrade tzdata")
    assert "clocks may have changed" in str(row["said"])


def test_the_packages_release_is_that_of_its_number():
    assert zonedata.packaged_release() == tzdata.IANA_VERSION


def test_without_any_zone_data_of_its_own_the_package_may_be_missing(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(zonedata, "version", missing)
    assert zonedata.packaged_release() == ""


def test_a_package_that_is_no_release_says_none(monkeypatch):
    monkeypatch.setattr(zonedata, "version", lambda _: "2026.1rc1")
    assert zonedata.packaged_release() == ""


def test_a_clinic_file_that_is_wrong_is_exit_3_with_all_its_problems():
    Path("clinic.toml").write_text(CLINIC + 'sat = ["nine"]\nsun = 1\n', encoding="utf-8")
    said = run("doctor")
    assert "broken   clinic     clinic.toml: 2 problems\n" in said
    assert "hours.sat[0]: expected times" in said
    assert "try: mend it, then: ketasched check clinic.toml\n" in said
    assert said.endswith("[exit 3]\n")
    assert rows()["clinic"]["level"] == "broken"


def test_a_clinic_file_that_is_probably_not_meant_so_is_a_warning():
    Path("clinic.toml").write_text(CLINIC.replace("555", ""), encoding="utf-8")
    row = rows()["clinic"]
    assert row["level"] == "warning"
    assert str(row["details"]).startswith("['phone: none")


def test_the_clinic_is_the_one_that_is_asked_for(monkeypatch):
    monkeypatch.setenv("KETASCHED_CLINIC", "nowhere.toml")
    assert rows()["clinic"]["level"] == "broken"
    example = ROOT / "examples" / "clinic.toml"
    assert rows(f"--clinic {example}")["clinic"]["level"] == "fine"


def test_a_machine_without_a_zone_needs_a_clinic_with_one(monkeypatch):
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: None)
    said = run("doctor")
    assert "broken   time zone  this machine does not say which time zone it is in" in said
    assert said.endswith("[exit 3]\n")
    assert run("plan --start 2027-01-04").endswith("[exit 3]\n")
    Path("clinic.toml").write_text(CLINIC, encoding="utf-8")
    assert "[exit" not in run("doctor")


def test_a_terminal_that_lacks_letters_is_told(monkeypatch):
    monkeypatch.setattr(doctor, "SAMPLE", "\ud800")
    assert rows()["locale"]["try"] == "set PYTHONUTF8=1"


def test_a_missing_register_is_fine_and_is_not_made(monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(Path("data").resolve()))
    row = rows()["register"]
    assert (row["level"], row["said"]) == ("fine", "none: --register makes one")
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    assert rows()["register"] == row
    assert not Path("data").exists()


def test_the_register_is_counted_and_no_patient_named(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    run("plan --patient SECRET-7 --start 2027-01-04 --made-at 2026-11-23T10:00")
    said = run("doctor")
    assert "fine     register   book.db: 1 course of 1 clinic\n" in said
    assert "SECRET" not in said


def test_the_usual_register_is_found(monkeypatch):
    for variable in ("XDG_DATA_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(Path("data").resolve()))
    run("plan --patient P-1 --start 2027-01-04 --register")
    assert str(rows()["register"]["said"]).endswith("register.db: 1 course of 1 clinic")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_register_that_others_may_read_is_told(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "book.db")
    run("plan --patient P-1 --start 2027-01-04 --made-at 2026-11-23T10:00")
    Path("book.db").chmod(0o644)
    row = rows()["register"]
    assert (row["level"], row["try"]) == ("warning", "chmod 600 book.db")


def test_a_register_that_cannot_be_used_is_told_without_its_password(monkeypatch):
    monkeypatch.setenv("KETASCHED_REGISTER", "typo.db")
    said = run("doctor")
    assert "broken   register   typo.db: there is no register\n" in said
    assert said.endswith("[exit 3]\n")
    monkeypatch.setenv("KETASCHED_REGISTER", "postgresql://anna:secret@127.0.0.1:1/clinic")
    said = run("doctor")
    assert "broken   register   postgresql://127.0.0.1:1/clinic: " in said
    assert "anna" not in said
    assert "secret" not in said
    assert said.endswith("[exit 6]\n")


def test_extras_may_be_missing(monkeypatch):
    assert "dask: distributed 20" in str(rows()["extras"]["said"])
    monkeypatch.setattr(doctor, "requires", lambda _: ['nothing-of-ours>=1; extra == "more"'])
    row = rows()["extras"]
    assert (row["level"], row["said"]) == ("fine", "more: not installed")


def test_an_extra_needs_all_its_packages(monkeypatch):
    both = ["click>=8; extra == 'more'", "nothing-of-ours>=1; extra == 'more'"]
    for lines in (both, both[::-1]):
        monkeypatch.setattr(doctor, "requires", lambda _, lines=lines: lines)
        assert rows()["extras"]["said"] == "more: not installed"
    monkeypatch.setattr(doctor, "requires", lambda _: [both[0], both[0]])
    assert str(rows()["extras"]["said"]).count("click 8") == 2


def test_every_exit_code_is_explained():
    codes = {kind.exit_code for kind in KetaschedError.__subclasses__()}
    ours = {0, BROKEN, SOME_FAILED, INTERRUPTED, CUT_OFF, KetaschedError.exit_code}
    assert codes | ours == set(EXIT_CODES)
