"""Who has their chairs before anybody is seated: whose course this run does not plan."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ketasched.batch.carry_over import is_as_before, is_under_way
from ketasched.batch.chair_seating import Held
from ketasched.batch.fingerprints import asked_of, input_of, sha_of
from ketasched.batch.folders import COURSE, can_be_replaced, is_revised
from ketasched.batch.manifest import house_of, visits_of
from ketasched.batch.previous_run import Earlier
from ketasched.batch.records import Desk, Known, Settings
from ketasched.batch.routing import NotOurs, Sorter
from ketasched.batch.worker import given_to
from ketasched.errors import BadFile, BadRequest
from ketasched.files.load import load_course
from ketasched.files.roster import Row


@dataclass(slots=True)
class Staying:
    """Looks through a roster before its first row is seated.

    Staying are courses that were revised, those of rows that are as they were or cannot be read,
    and all of patients whom the roster does not name. `again` gives the rows of the roster;
    `sorter` is another one than that of the run.
    """

    output: Path
    earlier: Earlier
    settings: Settings
    again: Callable[[], Iterable[Row]]
    sorter: Sorter
    anew: set[str] = field(default_factory=set)
    """The patients with an earlier course whose row is planned anew."""
    holding: set[str] = field(default_factory=set)
    """Those of them who hold their chairs until it is their turn: they may stay where they are,
    or, because their course is under way, have to.
    """
    own: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What patients hold whom the roster names: at which house, for which visits."""
    _houses: dict[str, str] = field(default_factory=dict)
    """Where those are planned whose row is as it was, by what their clinic is known by now."""
    stay: set[str] = field(default_factory=set)
    """Those whose row stays as it was."""

    def held(self) -> Held:
        """The visits that stay."""
        of_rows: dict[str, list[str]] = defaultdict(list)
        of_others: dict[str, list[str]] = defaultdict(list)
        if any(True for _ in self.earlier.everyone()):
            for row in self.again():
                self._look_at(row)
            for patient in self.earlier.everyone():
                if (self.output / patient).is_dir():
                    house, visits = self._visits(patient)
                    house = self._houses.get(patient, house)
                    if patient in self.stay or patient in self.holding:
                        self.own[patient] = house, visits
                    (of_rows if patient in self.stay else of_others)[house].append(visits)
        return Held(of_rows, of_others)

    def joins(self, row: Row, _: Desk) -> bool:
        """Whether a row is planned anew with others: one whose course does not stay."""
        patient = row.texts["patient"]
        if patient in self.stay or patient in self.holding:
            return False
        is_free = patient not in self.anew or self.settings.replaces
        return is_free or not self._is_revised(patient)

    def _look_at(self, row: Row) -> None:
        patient = row.texts.get("patient", "")
        try:
            desk = self.sorter.desk_of(row)
            given_to(row, desk, self.settings)
        except NotOurs:
            return
        except BadRequest:
            if self.sorter.owns(row):
                self.stay.add(patient)
            return
        (self.stay if self._stays(row, patient, desk) else self.anew).add(patient)
        known, asked = self.earlier.of(patient), asked_of(row, self.settings)
        if is_as_before(known, asked):
            self._houses[patient] = desk.house
            self.holding.add(patient)
        elif is_under_way(known, desk.clinic, self.settings):
            self.holding.add(patient)

    def _stays(self, row: Row, patient: str, desk: Desk) -> bool:
        if not self.settings.goes_on:
            return False
        asked = asked_of(row, self.settings)
        finished, last = self.earlier.finished(patient), self.earlier.of(patient)
        if finished and finished.input == self._input(row, asked, desk):
            return True
        # What a stopped run did is planned again: it is seated when its turn comes.
        return bool(last and last.asked == asked and self._is_revised(patient))

    def _input(self, row: Row, asked: str, desk: Desk) -> str:
        try:
            return input_of(row, asked, desk, self.settings)
        except BadRequest:
            return ""  # its turn comes, and it is said then

    def _goes(self, patient: str, known: Known | None) -> bool:
        """Whether the course that is there will make room for the one that is planned anew."""
        if self.settings.replaces:
            return True
        if patient in self.holding:
            return False
        folder = self.output / patient
        is_ours = known is not None and can_be_replaced(folder, known, self.settings)
        return is_ours and not self._is_revised(patient)

    def _is_revised(self, patient: str) -> bool:
        try:
            return is_revised(self.output / patient)
        except BadRequest:
            return True  # it cannot be read, so it is not written over

    def _visits(self, patient: str) -> tuple[str, str]:
        """A clinic's house, and the visits that a patient's course keeps there."""
        known = self.earlier.of(patient)
        if patient in self.anew and self._goes(patient, known):
            return "", ""
        path = self.output / patient / COURSE
        if not known or dict(known.files).get(COURSE, "") != sha_of(path):
            try:
                course = load_course(str(path))
            except BadFile:
                pass
            else:
                return house_of(course.clinic), visits_of(course)
        return (known.made.house, known.made.visits) if known else ("", "")
