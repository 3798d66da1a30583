"""A therapist whom companions need: nobody promises her twice, in a batch or in a register."""

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from ketasched.cli import main
from ketasched.files.load import load_clinic, load_course
from ketasched.model import VisitKind
from ketasched.model.companion_slots import kind_of
from tests.conftest import ROOT
from tests.support.batches import batch, clinic_file, manifest, patients, roster_file, rows_of
from tests.support.resource_judge import overused

KAP = ROOT / "src" / "ketasched" / "protocols" / "kap-six.toml"
RESOURCES = '\n[[resources]]\nname = "therapist"\n'
TOGETHER = ("--together", "--limit", "5s")
IN_A_REGISTER = ("--register", "book.db")


@pytest.fixture
def files() -> tuple[str, str]:
    """A protocol whose sessions need the therapist, and whose doses need nobody; its clinic."""
    text = KAP.read_text(encoding="utf-8").replace('id = "kap-six"', 'id = "kap"')
    visits, *sessions = text.split("[[companions]]\n")
    visits = visits.replace("[visits.dose]\n", "[visits.dose]\nneeds = []\n")
    text = '[[companions]]\nneeds = ["therapist"]\n'.join((visits, *sessions))
    Path("kap.toml").write_text(text, encoding="utf-8")
    clinic = clinic_file(more='id_salt = "x"\nname = "Mill Lane"\nchairs = 6')
    Path(clinic).write_text(Path(clinic).read_text() + RESOURCES)
    return "kap.toml", clinic


def sessions_of_a_therapist(clinic: str, folder: str) -> list[tuple[VisitKind, datetime]]:
    """The sessions of all courses, of which no two are at once, minute by minute."""
    courses = [load_course(f"{folder}/{patient}") for patient in patients(folder)]
    found = [
        (kind_of(course, one), one.start)
        for course in courses
        for one in course.companions
        if one.status == "planned"
    ]
    assert {kind.needs for kind, _ in found} == {("therapist",)}
    assert overused(load_clinic(clinic), found) == {}
    return found


@pytest.mark.parametrize(
    "more",
    [(), TOGETHER, IN_A_REGISTER, (*TOGETHER, *IN_A_REGISTER)],
    ids=["in row order", "planned as one", "in a register", "planned as one in a register"],
)
def test_nobody_promises_a_therapist_twice_and_a_second_run_changes_nothing(files, more):
    protocol, clinic = files
    roster_file(rows_of(5))
    asked = ["roster.csv", "-o", "out", "--protocol", protocol, "--clinic", clinic, *more]
    batch(*asked)
    assert len(sessions_of_a_therapist(clinic, "out")) > 20
    rows = manifest()
    assert "|+" in rows[0]["visits"]
    assert batch(*asked, "--resume").exit_code == 0
    assert manifest() == rows


def test_whoever_has_to_move_takes_no_therapist_from_those_who_stay(files):
    protocol, clinic = files
    roster_file(
        [{"patient": f"P-{n}", "start": f"2027-04-0{day}"} for n, day in enumerate((5, 5, 6, 7))]
    )
    batch("roster.csv", "--protocol", protocol, "--clinic", clinic, *IN_A_REGISTER, "-o", "out")
    closed = Path(clinic).read_text().replace("[hours]", "[closures]\ndates = [DAYS]\n[hours]")
    Path("closed.toml").write_text(closed.replace("DAYS", '"2027-04-12..2027-04-13 repair"'))
    asked = ["reschedule", *IN_A_REGISTER, "--clinic", "closed.toml", "--apply", "-o", "after"]
    done = CliRunner().invoke(main, [*asked, "--today", "2027-04-01T09:00"])
    assert done.exit_code == 0, done.output
    assert "4 of 4 courses are kept" in done.output
    for patient in patients("out"):
        shown = ["register", "show", patient, *IN_A_REGISTER, "-o", "now", "--force"]
        assert CliRunner().invoke(main, shown).exit_code == 0
    assert len(sessions_of_a_therapist("closed.toml", "now")) > 15
