"""Chair seating: chairs are given out in row order, each beside the visits of the rows before.

The chairs that earlier courses hold are taken before the first row is seated (`held_chairs`).
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ketasched.batch.carry_over import carry_over, would_move
from ketasched.batch.chair_ledger import ChairLedger
from ketasched.batch.folders import is_protected, refuse_revised
from ketasched.batch.held_chairs import HeldChairs
from ketasched.batch.joint_rows import JointOutcome, JointPlanner
from ketasched.batch.manifest import read_intervals
from ketasched.batch.previous_run import PreviousRun
from ketasched.batch.records import Settings, Site
from ketasched.batch.rejections import Rejected
from ketasched.batch.routing import Routed
from ketasched.batch.triage import Fresh, Retained
from ketasched.errors import BadRequest, NoPlan
from ketasched.model import Course
from ketasched.model.occupancy import Interval, Occupancy, intervals, slots_of
from ketasched.planning.planner import ChosenSlots


class ClinicChairs:
    """The occupancy of one clinic: by all visits (`taken`), and by those until now (`so_far`).

    Visits of retained rows are in `taken` from the start, and in `so_far` from their row's turn
    on. If `so_far` alone leaves no room, it explains the refusal, so that a resumed run gives the
    same reason.
    """

    def __init__(self, of_rows: Sequence[Interval], of_others: Sequence[Interval]) -> None:
        self.taken = Occupancy([*of_others, *of_rows])
        self.so_far = Occupancy(of_others) if of_rows else self.taken

    def arrive(self, visits: Sequence[Interval]) -> None:
        """Note that it is the turn of a row whose visits are taken."""
        if self.so_far is not self.taken:
            self.so_far.add(visits)

    def add(self, visits: Sequence[Interval]) -> None:
        """Add the visits of a row in its turn."""
        self.taken.add(visits)
        self.arrive(visits)

    def remove(self, visits: Sequence[Interval]) -> None:
        """Remove the visits of a row in its turn."""
        self.taken.remove(visits)
        if self.so_far is not self.taken:
            self.so_far.remove(visits)


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
            zone = ZoneInfo(retained.site.clinic.timezone)
            visits = read_intervals(retained.result.summary.visits, zone)
            self._chairs(retained.site).arrive(visits)

    def book(self, fresh: Fresh) -> ChosenSlots | Course:
        """See `ChairLedger.book`."""
        if not fresh.site.clinic.counts_visits:
            return fresh.choose_slots()
        if fresh.prior and not fresh.is_unchanged and not self.settings.replaces:
            refuse_revised(self.settings.folder(fresh.row.texts["patient"]))
        booked = super().book(fresh)
        if isinstance(booked, Course):
            self._chairs(fresh.site).arrive(intervals(slots_of(booked)))
            return carry_over(booked, fresh.prior, self.settings)
        return booked

    def _book_alone(self, fresh: Fresh) -> ChosenSlots:
        chairs = self._chairs(fresh.site)
        own = self._held.own(fresh)
        if fresh.is_unchanged:
            chairs.arrive(own)
        chairs.remove(own)
        try:
            chosen = _choose_slots(fresh, chairs)
            visits = intervals(slot for phase in chosen.slots for slot in phase)
            if fresh.is_under_way and sorted(visits) != sorted(own):
                raise would_move()
        except (BadRequest, NoPlan):
            if fresh.is_under_way:
                chairs.add(own)
            raise
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
                taken.add(intervals(slots_of(course)))
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
