"""Triage: whatever a run asks for, each row becomes a request once, and is digested once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from ketasched.batch import executors
from ketasched.batch import triage as triage_module
from ketasched.batch.fingerprints import digests_of
from ketasched.batch.routing import Sites
from ketasched.files.request_parsing import read_request
from ketasched.files.roster import rows as rows_module
from tests.support.batches import MONDAY, Row, batch, clinic_file, rejects, roster_file
from tests.support.nouns import clinic

LATER = "2026-11-24T10:00"
PATIENTS = {f"P-{number}" for number in range(1, 9)}
TOGETHER = ("--together", "--limit", "5s")


def rows() -> list[Row]:
    """Rows for one clinic without chairs and one with a few, a wrong one among them."""
    few = clinic_file("few.toml", 'name = "Few"\nchairs = 2')
    found = [
        {"patient": patient, "start": MONDAY, "clinic": few if number % 3 else "", "days": ""}
        for number, patient in enumerate(sorted(PATIENTS))
    ]
    found[4]["days"] = "sat"  # there is no plan for this one
    return [*found, {"patient": "P-1", "start": MONDAY, "clinic": few, "days": ""}]


def changed() -> list[Row]:
    """The rows a night later: one is at another time, one at another clinic, one is new."""
    found = rows()
    found[2]["start"] = "2027-05-03"
    found[3]["clinic"], found[1]["clinic"] = "few.toml", ""
    return [{"patient": "P-9", "start": MONDAY, "clinic": "few.toml", "days": ""}, *found]


class Calls:
    """Which patient's row was read and digested how often, in a file that processes share."""

    path = Path("calls.txt")

    def note(self, what: str, patient: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{what} {patient}\n")

    def take(self) -> Counter[str]:
        """What was noted since the last time."""
        found = Counter(self.path.read_text().splitlines())
        self.path.unlink()
        return found


CALLS = Calls()


def noted_read(texts, *arguments, **more):
    CALLS.note("read", texts["patient"])
    return read_request(texts, *arguments, **more)


def noted_digests(row, *arguments):
    CALLS.note("digested", row.texts["patient"])
    return digests_of(row, *arguments)


NOTED = ((rows_module, "read_request", noted_read), (triage_module, "digests_of", noted_digests))
BEGIN = executors._begin_worker


def begin_noting() -> None:
    """Begin a worker that notes its calls, too, whether it was forked or spawned."""
    BEGIN()
    for module, name, noted in NOTED:
        setattr(module, name, noted)


@pytest.fixture
def calls(monkeypatch) -> Calls:
    """The calls from now on, in this process and in its workers."""
    for module, name, noted in NOTED:
        monkeypatch.setattr(module, name, noted)
    monkeypatch.setattr(executors, "_begin_worker", begin_noting)
    return CALLS


def once(patients: set[str]) -> Counter[str]:
    return Counter(f"{what} {patient}" for what in ("read", "digested") for patient in patients)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster whose worker is a thread of this process."""
    with LocalCluster(
        processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as one:
        yield one.scheduler_address


@pytest.mark.parametrize(
    "how",
    [
        pytest.param((), id="chairs in row order"),
        pytest.param(("--ignore-chairs",), id="no chairs"),
        pytest.param(("--jobs", "2"), id="two processes"),
        pytest.param(TOGETHER, id="planned jointly"),
        pytest.param(("--register", "register.db"), id="register"),
        pytest.param(("--register", "register.db", *TOGETHER), id="register, planned jointly"),
    ],
)
def test_a_row_is_read_and_digested_once(how, calls):
    asked = ["roster.csv", "-o", "out", "--clinic", clinic_file(), *how]
    roster_file(rows())
    batch(*asked)
    assert calls.take() == once(PATIENTS)
    assert [row["patient"] for row in rejects()] == ["P-5", "P-1"]
    batch(*asked, "--resume", moment=LATER)
    assert calls.take() == once(PATIENTS)
    roster_file(changed())
    batch(*asked, "--resume", "--dry-run", moment=LATER)
    assert calls.take() == once(PATIENTS | {"P-9"})
    batch(*asked, "--resume", moment=LATER)
    assert calls.take() == once(PATIENTS | {"P-9"})
    batch(*asked, "--force", moment=LATER)
    assert calls.take() == once(PATIENTS | {"P-9"})


@pytest.mark.parametrize("more", [(), ("--ignore-chairs",)], ids=["chairs", "no chairs"])
def test_a_row_is_read_and_digested_once_on_a_cluster(more, calls, cluster):
    asked = ["roster.csv", "-o", "out", "--clinic", clinic_file(), "--dask", cluster, *more]
    roster_file(rows())
    batch(*asked)
    assert calls.take() == once(PATIENTS)


def test_a_clinic_and_a_protocol_are_read_once_for_all_sites(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    few, usual = clinic_file("few.toml", 'name = "Few"'), clinic()
    sites = Sites(lambda: (usual, "clinic.toml"), "iv-depression")
    one, other = sites.find(few, "iv-depression"), sites.find(few, "iv-ptsd")
    here = sites.find("", "iv-depression")
    assert one.clinic is other.clinic is not here.clinic
    assert one.protocol is here.protocol is not other.protocol
