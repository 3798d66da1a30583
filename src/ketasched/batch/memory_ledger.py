"""Chairs in memory: chairs are given out in row order, each beside the visits of the rows before.

The chairs that earlier courses hold are taken before the first row is seated (`HeldChairs`).
"""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from ketasched.batch.carry_over import carry_over, would_move
from ketasched.batch.chair_ledger import ChairLedger
from ketasched.batch.fingerprints import sha_of_file
from ketasched.batch.folders import COURSE, can_be_replaced, is_protected, refuse_revised
from ketasched.batch.joint_rows import JointOutcome, JointPlanner
from ketasched.batch.manifest import format_visits, manifest_clinic_key, read_holds
from ketasched.batch.previous_run import PreviousRun
from ketasched.batch.records import Settings, Site
from ketasched.batch.rejections import Rejected
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Fresh, Retained
from ketasched.errors import BadFile, BadRequest, NoPlan
from ketasched.files.load import load_course
from ketasched.model import Course
from ketasched.model.holds import Hold, holds_of, holds_of_slots
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import ChosenSlots, course_of


class ClinicChairs:
    """The occupancy of one clinic: by all visits (`taken`), and by those until now (`so_far`).

    Visits of retained rows are in `taken` from the start, and in `so_far` from their row's turn
    on. If `so_far` alone leaves no room, it explains the refusal, so that a resumed run gives the
    same reason.
    """

    def __init__(self, of_rows: Sequence[Hold], of_others: Sequence[Hold]) -> None:
        self.taken = Occupancy([*of_others, *of_rows])
        self.so_far = Occupancy(of_others) if of_rows else self.taken

    def arrive(self, visits: Sequence[Hold]) -> None:
        """Note that it is the turn of a row whose visits are taken."""
        if self.so_far is not self.taken:
            self.so_far.add(visits)

    def add(self, visits: Sequence[Hold]) -> None:
        """Add the visits of a row in its turn."""
        self.taken.add(visits)
        self.arrive(visits)

    def remove(self, visits: Sequence[Hold]) -> None:
        """Remove the visits of a row in its turn."""
        self.taken.remove(visits)
        if self.so_far is not self.taken:
            self.so_far.remove(visits)


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
    _current: set[str] = field(default_factory=set)
    """The patients whose earlier course was planned from what the row is planned from now."""
    _visits: dict[str, dict[str, str]] | None = None
    """The visits that are held, as in a manifest, by clinic key and patient."""

    def note(self, triaged: Rejected | Retained | Fresh) -> None:
        """Note what a row means for the chairs of its patient's earlier course."""
        patient = triaged.row.texts.get("patient", "")
        if not isinstance(triaged, Rejected) and triaged.is_as_before:
            self._clinic_keys[patient] = triaged.site.clinic_key
        if _is_current(triaged):
            self._current.add(patient)
        if not isinstance(triaged, Fresh) or triaged.is_unchanged:
            self._claims[patient] = "kept"
        elif triaged.keeps_chairs and not self.settings.replaces:
            self._claims[patient] = "waiting"
        elif self._makes_room(triaged):
            self._claims[patient] = "free"

    def at(self, site: Site) -> tuple[list[Hold], list[Hold]]:
        """The visits at a site's clinic: those of rows that keep their course, and all others."""
        of_rows: list[Hold] = []
        of_others: list[Hold] = []
        for patient, visits in self._by_clinic().get(site.clinic_key, {}).items():
            found = of_rows if self._claims.get(patient) == "kept" else of_others
            found += self._holds(patient, visits, site)
        return of_rows, of_others

    def own(self, fresh: Fresh) -> list[Hold]:
        """The visits that a row holds at its clinic until its turn."""
        patient = fresh.row.texts["patient"]
        if fresh.prior is None or self._claims.get(patient) not in ("kept", "waiting"):
            return []
        visits = self._by_clinic().get(fresh.site.clinic_key, {})
        return self._holds(patient, visits.get(patient, ""), fresh.site)

    def _holds(self, patient: str, visits: str, site: Site) -> list[Hold]:
        """What a patient's earlier course holds of what the clinic counts now.

        A manifest names the resources that the clinic had at the time. If that may have changed,
        the course file tells what the visits need.
        """
        if site.clinic.resources and visits and patient not in self._current:
            with suppress(BadFile):
                course = load_course(str(self.settings.folder(patient) / COURSE))
                return holds_of(replace(course, clinic=site.clinic))
        return read_holds(visits, site.clinic)

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
                return manifest_clinic_key(course.clinic), format_visits(course)
        return (prior.summary.clinic_key, prior.summary.visits) if prior else ("", "")


class MemoryLedger(ChairLedger):
    """The chairs of a run without a register."""

    depends_on_order = True

    def __init__(
        self,
        settings: Settings,
        joint: JointPlanner | None,
        previous: PreviousRun | None,
        *,
        counts_chairs: bool,
    ) -> None:
        super().__init__(settings, joint)
        self._counts_chairs = counts_chairs
        self._held = HeldChairs(previous, settings)
        self._has_held = previous is not None and not previous.is_empty
        self.looks_ahead |= self._has_held
        self._clinics: dict[str, ClinicChairs] = {}

    def concerns(self, routed: Routed) -> bool:
        """Whether the clinic counts chairs, or an earlier course at another clinic may go."""
        prior, key = routed.prior, routed.site.clinic_key
        moves = prior is not None and prior.summary.clinic_key != key
        return self._counts_chairs and (moves or routed.site.clinic.counts_visits)

    def observe(self, triaged: Rejected | Retained | Fresh) -> None:
        """See `ChairLedger.observe`."""
        if self._has_held:
            self._held.note(triaged)
        super().observe(triaged)

    def retain(self, retained: Retained) -> None:
        """See `ChairLedger.retain`."""
        if retained.site.clinic.counts_visits:
            visits = read_holds(retained.result.summary.visits, retained.site.clinic)
            self._chairs(retained.site).arrive(visits)

    def book(self, fresh: Fresh) -> ChosenSlots | Course:
        """See `ChairLedger.book`."""
        if not fresh.site.clinic.counts_visits:
            return fresh.choose_slots()
        if fresh.prior and not fresh.is_unchanged and not self.settings.replaces:
            refuse_revised(self.settings.folder(fresh.row.texts["patient"]))
        booked = super().book(fresh)
        if isinstance(booked, Course):
            self._chairs(fresh.site).arrive(holds_of(booked))
            return carry_over(booked, fresh.prior, self.settings)
        return booked

    def _book_alone(self, fresh: Fresh) -> ChosenSlots | Course:
        chairs = self._chairs(fresh.site)
        own = self._held.own(fresh)
        if fresh.is_unchanged:
            chairs.arrive(own)
        chairs.remove(own)
        try:
            chosen = _choose_slots(fresh, chairs)
            slots = (slot for phase in chosen.slots for slot in phase)
            visits = holds_of_slots(fresh.site.clinic, slots)
            if fresh.is_under_way and not set(visits) <= set(own):
                raise would_move()
        except (BadRequest, NoPlan):
            if fresh.is_under_way:
                chairs.add(own)
            raise
        if any(kind.chair or kind.needs for kind in fresh.site.protocol.companions):
            # What they hold depends on all that is taken by now: no worker knows that.
            course = course_of(chosen, fresh.beside(chairs.taken).context)
            chairs.taken.add(holds_of(course))
            return course
        chairs.add(visits)
        return chosen

    def _joins(self, fresh: Fresh) -> bool:
        if self.settings.output is None or self.settings.replaces:
            return True
        return not is_protected(self.settings.folder(fresh.row.texts["patient"]))

    def _plan_jointly(self, joint: JointPlanner, site: Site) -> dict[int, JointOutcome]:
        taken = self._chairs(site).taken
        outcomes = joint.plan(site, lambda _: taken)
        for course in outcomes.values():
            if isinstance(course, Course):
                taken.add(holds_of(course))
        return outcomes

    def _chairs(self, site: Site) -> ClinicChairs:
        """The chairs of the site's clinic."""
        if site.clinic_digest not in self._clinics:
            self._clinics[site.clinic_digest] = ClinicChairs(*self._held.at(site))
        return self._clinics[site.clinic_digest]


def _choose_slots(fresh: Fresh, chairs: ClinicChairs) -> ChosenSlots:
    try:
        return fresh.beside(chairs.taken).choose_slots()
    except NoPlan:
        if chairs.so_far is not chairs.taken:
            # If the rows so far leave no room, this raises the `NoPlan` that explains it.
            fresh.beside(chairs.so_far).choose_slots()
        raise


def _is_current(triaged: Rejected | Retained | Fresh) -> bool:
    """Whether a row's earlier course was planned from the same row, clinic and protocol."""
    if isinstance(triaged, Rejected) or triaged.prior is None:
        return False
    return triaged.prior.digests.input == triaged.digests.input
