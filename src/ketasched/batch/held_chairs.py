"""Held chairs: the visits of earlier courses, which are there before the first row is seated."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from ketasched.batch.fingerprints import sha_of_file
from ketasched.batch.folders import COURSE, can_be_replaced, is_protected
from ketasched.batch.manifest import clinic_key, format_visits, read_intervals
from ketasched.batch.previous_run import PreviousRun
from ketasched.batch.records import Settings, Site
from ketasched.batch.rejections import Rejected
from ketasched.batch.triage import Fresh, Retained
from ketasched.errors import BadFile
from ketasched.files.load import load_course
from ketasched.model.occupancy import Interval

Claim = Literal["kept", "waiting", "free"]
"""What the row of a patient means for the chairs of the earlier course.

`kept`: the row keeps its course, though files may have to be written again. `waiting`: the row
gives up its chairs in its turn. `free`: the row is planned anew, its chairs are free from the
start. A patient of whom no row is known keeps the chairs.
"""


@dataclass(slots=True)
class HeldChairs:
    """The visits that earlier courses hold.

    Every row is noted (`note`) before the first call of `at` or `own`.
    """

    previous: PreviousRun | None
    settings: Settings
    _claims: dict[str, Claim] = field(default_factory=dict)
    _clinic_keys: dict[str, str] = field(default_factory=dict)
    """By patient, the present key of the clinic, if the words of the row are unchanged."""
    _visits: dict[str, dict[str, str]] | None = None
    """The visits that are held, as in a manifest, by clinic key and patient."""

    def note(self, triaged: Rejected | Retained | Fresh) -> None:
        """Note what a row means for the chairs of its patient's earlier course."""
        patient = triaged.row.texts.get("patient", "")
        if not isinstance(triaged, Rejected) and triaged.is_as_before:
            self._clinic_keys[patient] = triaged.site.clinic_key
        if not isinstance(triaged, Fresh) or triaged.is_unchanged:
            self._claims[patient] = "kept"
        elif triaged.keeps_chairs and not self.settings.replaces:
            self._claims[patient] = "waiting"
        elif self._makes_room(triaged):
            self._claims[patient] = "free"

    def at(self, site: Site) -> tuple[list[Interval], list[Interval]]:
        """The visits at a site's clinic: those of rows that keep their course, and all others."""
        of_rows: list[Interval] = []
        of_others: list[Interval] = []
        for patient, visits in self._by_clinic().get(site.clinic_key, {}).items():
            found = of_rows if self._claims.get(patient) == "kept" else of_others
            found += _intervals(visits, site)
        return of_rows, of_others

    def own(self, fresh: Fresh) -> list[Interval]:
        """The visits that a row holds at its clinic until its turn."""
        patient = fresh.row.texts["patient"]
        if fresh.prior is None or self._claims.get(patient) not in ("kept", "waiting"):
            return []
        visits = self._by_clinic().get(fresh.site.clinic_key, {})
        return _intervals(visits.get(patient, ""), fresh.site)

    def _by_clinic(self) -> dict[str, dict[str, str]]:
        if self._visits is None:
            self._visits = defaultdict(dict)
            for patient in self.previous.patients() if self.previous else ():
                is_free = self._claims.get(patient) == "free"
                if not is_free and self.settings.folder(patient).is_dir():
                    key, visits = self._read(patient)
                    self._visits[self._clinic_keys.get(patient, key)][patient] = visits
        return self._visits

    def _makes_room(self, fresh: Fresh) -> bool:
        """Whether the earlier course will be replaced, so that its chairs are free."""
        if self.settings.replaces:
            return True
        folder = self.settings.folder(fresh.row.texts["patient"])
        is_ours = fresh.prior and can_be_replaced(folder, fresh.prior, self.settings)
        return bool(is_ours) and not is_protected(folder)

    def _read(self, patient: str) -> tuple[str, str]:
        """The clinic's key and the visits of a patient's course, as it is in the folder now."""
        prior = self.previous.result(patient) if self.previous else None
        folder = self.settings.folder(patient)
        if not prior or dict(prior.files).get(COURSE, "") != sha_of_file(folder / COURSE):
            try:
                course = load_course(str(folder / COURSE))
            except BadFile:
                pass
            else:
                return clinic_key(course.clinic), format_visits(course)
        return (prior.summary.clinic_key, prior.summary.visits) if prior else ("", "")


def _intervals(visits: str, site: Site) -> list[Interval]:
    return read_intervals(visits, ZoneInfo(site.clinic.timezone))
