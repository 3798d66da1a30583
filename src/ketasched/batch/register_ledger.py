"""Register rows: rows are booked in the clinic's register, beside everything booked there.

In row order; or, if the rows of a clinic are planned jointly, all of them at once. The module is
imported only if there is a register, which is an extra.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from ketasched.batch.carry_over import carry_over
from ketasched.batch.chair_ledger import ChairLedger
from ketasched.batch.folders import REVISED, refuse_revised
from ketasched.batch.joint_rows import JointOutcome, JointPlanner
from ketasched.batch.records import RowResult, Settings, Site
from ketasched.batch.rejections import OUTPUT, REGISTER, Rejected
from ketasched.batch.routing import Routed
from ketasched.batch.shared_calendars import later_horizon
from ketasched.batch.triage import Fresh, Retained
from ketasched.errors import BadFile, BadRequest, NoPlan
from ketasched.files.load import load_course
from ketasched.model import Course
from ketasched.model.holds import holds_of
from ketasched.model.identifiers import make_course_id
from ketasched.model.occupancy import Occupancy
from ketasched.planning.planner import course_of
from ketasched.register.joint_entry import JointBooking
from ketasched.register.records import BookingRequest, Conflict, LogEntry
from ketasched.register.register import Register

PLANNED = "planned by batch"
CHAIRS_GONE = "the course that is there has lost its chairs in the register: plan it anew"


class RowBooking(NamedTuple):
    """A row to be booked; `before` is its earlier course in the register."""

    request: BookingRequest
    fresh: Fresh
    before: Course | None

    def carry_over(self, course: Course, settings: Settings) -> Course:
        """The planned course, with the identity under which it is entered."""
        return carry_over(course, self.fresh.prior, settings, self.before)


class RegisterLedger(ChairLedger):
    """The chairs in a register, where the rows are booked.

    A dry run books nothing.
    """

    depends_on_order = False

    def __init__(self, settings: Settings, joint: JointPlanner | None, register: Register) -> None:
        super().__init__(settings, joint)
        self._register = register
        self._dry_visits: dict[str, Occupancy] = {}
        """In a dry run, the visits that the rows so far would take, by clinic key."""
        self._joining: dict[int, RowBooking] = {}
        """The rows that are planned jointly, by row number."""
        self._booked: dict[int, str] = {}
        """The identifiers of the courses that were booked for rows without a result."""
        self._replaced: dict[int, Sequence[Course]] = {}
        """The courses that made room for those of rows without a result."""

    def concerns(self, routed: Routed) -> bool:
        """True: every row is booked."""
        return True

    def observe(self, triaged: Rejected | Retained | Fresh) -> None:
        """See `ChairLedger.observe`. What is wrong with a row is said in its turn."""
        with suppress(BadRequest, Conflict):
            if isinstance(triaged, Retained) and triaged.site.clinic.counts_visits:
                self.retain(triaged)
            super().observe(triaged)

    def retain(self, retained: Retained) -> None:
        """Enter a course that is not in the register, or was revised since."""
        result = retained.result
        is_entered = self._register.entry(result.summary.course_id) is not None
        if not self.settings.writes or (is_entered and not result.is_revised):
            return
        try:
            course = load_course(str(self.settings.folder(result.patient)))
            self._register.enter(course, self._log_entry("imported by batch"))
        except (Conflict, BadFile) as error:
            raise BadRequest(REGISTER, error.what) from None

    def book(self, fresh: Fresh) -> Course:
        """Book a course for the row, in place of the earlier one.

        Raises `BadRequest`, and `NoPlan` if there is no room for all visits; then the earlier
        course is withdrawn, unless it is under way.
        """
        try:
            course = super().book(fresh)
        except (BadRequest, NoPlan) as error:
            self._replaced.pop(fresh.row.number, None)
            if isinstance(error, NoPlan) and fresh.prior and not fresh.is_under_way:
                self._withdraw(fresh.prior.summary.course_id)
            raise
        assert isinstance(course, Course)  # noqa: S101 - this ledger makes nothing else
        self._booked[fresh.row.number] = course.course_id
        return course

    def settle(self, result: RowResult) -> RowResult:
        """Note the result of a row that was booked; the result to report.

        If the row failed, its course is withdrawn, and the earlier course is entered again; if
        that has lost its chairs meanwhile, the result says so.
        """
        course_id = self._booked.pop(result.row, "")
        replaced = self._replaced.pop(result.row, ())
        if not course_id or result.status != "rejected" or self._undo(course_id, replaced):
            return result
        return result._replace(reason=f"{result.reason}; {CHAIRS_GONE}")

    def close(self) -> None:
        """See `ChairLedger.close`."""
        for number, outcome in self._outcomes.items():
            course_id = outcome.course_id if isinstance(outcome, Course) else ""
            self._undo(course_id, self._replaced.pop(number, ()))
        super().close()

    def _undo(self, course_id: str, replaced: Sequence[Course]) -> bool:
        """Withdraw a course, and enter those that it replaced; False if their chairs are gone."""
        self._withdraw(course_id)
        for course in replaced if self.settings.writes else ():
            try:
                self._register.enter(course, self._log_entry("put back by batch"))
            except Conflict:
                return False
        return True

    def _withdraw(self, course_id: str) -> None:
        """Withdraw a course from the register, unless it was revised or this is a dry run."""
        course = self._course(course_id) if self.settings.writes else None
        if course and not _is_revised(course):
            self._register.withdraw(course_id, self._log_entry("taken back by batch"))

    def _book_alone(self, fresh: Fresh) -> Course:
        booking = self._prepare(fresh)
        if isinstance(booking, Course):
            return booking
        try:
            if self.settings.writes:
                return self._register.book(booking.request)
            course = self._register.plan(booking.request)
        except Conflict as error:
            raise BadRequest(REGISTER, error.what) from None
        self._note_visits(course, fresh.site)
        return course

    def _prepare(self, fresh: Fresh) -> Course | RowBooking:
        """The booking of a row; or its course, if a run that was stopped has booked it.

        Raises `BadRequest` if the earlier course was revised.
        """
        request, site, prior = fresh.context.request, fresh.site, fresh.prior
        own = self._course(make_course_id(site.clinic, request, self.settings.made_at))
        before = self._course(prior.summary.course_id) if prior else None
        if prior and not self.settings.replaces:
            refuse_revised(self.settings.folder(request.patient))
            if before and _is_revised(before):
                raise BadRequest(OUTPUT, REVISED, public=REVISED)
        # Of a row that the run was killed with, only its folder may be known.
        is_new = prior is None or not prior.summary.course_id
        made_from = request, site.clinic, site.protocol
        if own and is_new and (own.request, own.clinic, own.protocol) == made_from:
            return own
        killed = self._of_killed_runs(fresh) if self.settings.replaces else ()
        found = (before, own, *killed)
        replaced = {one.course_id: one for one in found if one and not _is_revised(one)}
        if before and self.settings.replaces:
            replaced[before.course_id] = before
        self._replaced[fresh.row.number] = tuple(replaced.values())

        def make(occupancy: Occupancy) -> Course:
            occupancy.add(self._dry_visits.get(site.clinic_key, ()))
            row = fresh.beside(occupancy)
            course = course_of(row.choose_slots(), row.context)
            return carry_over(course, prior, self.settings, before)

        booking = BookingRequest(
            site.clinic,
            make,
            self._log_entry(PLANNED),
            request,
            instead_of={name: one.revision for name, one in replaced.items()},
        )
        return RowBooking(booking, fresh, before)

    def _of_killed_runs(self, fresh: Fresh) -> Iterator[Course]:
        """The courses that runs which were killed have booked for the same row.

        Their manifests do not name them, and they were planned at other moments.
        """
        request = fresh.context.request
        for entry in self._register.entries(fresh.site.clinic, request.patient):
            course = self._register.course(entry.course_id)
            by_batch = any(one.what == PLANNED for one in self._register.log(entry.course_id))
            if by_batch and course.request == request and course.protocol == fresh.site.protocol:
                yield course

    def _joins(self, fresh: Fresh) -> bool:
        # Raises `BadRequest` or `Conflict` if the row cannot be booked.
        booking = self._prepare(fresh)
        if isinstance(booking, Course):
            return False
        self._register.refuse_conflicts(booking.request)
        self._joining[fresh.row.number] = booking
        return True

    def _plan_jointly(self, joint: JointPlanner, site: Site) -> dict[int, JointOutcome]:
        outcomes = joint.plan(site, lambda rows: self._occupancy(site, rows))
        bookings = {}
        for number, outcome in outcomes.items():
            booking = self._joining.pop(number)
            if isinstance(outcome, Course):
                outcomes[number] = course = booking.carry_over(outcome, self.settings)
                bookings[number] = JointBooking(booking.request, course)
                self._note_visits(course, site)
            elif isinstance(outcome, NoPlan):
                bookings[number] = JointBooking(booking.request, None)
        if bookings and self.settings.writes:
            entered = self._register.book_jointly(list(bookings.values()))
            for number, found in zip(bookings, entered, strict=True):
                outcomes[number] = _joint_outcome(found) or outcomes[number]
        return outcomes

    def _occupancy(self, site: Site, rows: Sequence[Fresh]) -> Occupancy:
        """The occupancy of a clinic for these rows, without the courses that they replace."""
        horizons = [
            later_horizon(one.context.request, site.clinic, one.site.protocol) for one in rows
        ]
        first, last = min(first for first, _ in horizons), max(last for _, last in horizons)
        bookings = (self._joining[fresh.row.number] for fresh in rows)
        without = [name for booking in bookings for name in booking.request.instead_of]
        occupancy = self._register.occupancy(site.clinic, first, last, without)
        occupancy.add(self._dry_visits.get(site.clinic_key, ()))
        return occupancy

    def _note_visits(self, course: Course, site: Site) -> None:
        """In a dry run, note the visits of a course that is not entered."""
        if not self.settings.writes:
            visits = self._dry_visits.setdefault(site.clinic_key, Occupancy())
            visits.add(holds_of(course))

    def _course(self, course_id: str) -> Course | None:
        """The course in the register, if it is there."""
        is_entered = self._register.entry(course_id) is not None
        return self._register.course(course_id) if is_entered else None

    def _log_entry(self, what: str) -> LogEntry:
        return LogEntry(self.settings.made_at, what)


def _is_revised(course: Course) -> bool:
    """Whether a course was changed by `revise` since it was planned."""
    return any(entry.change for entry in course.history)


def _joint_outcome(entered: Course | NoPlan | Conflict | None) -> JointOutcome | None:
    """The outcome of a row that was entered jointly; None if the planned outcome holds."""
    if isinstance(entered, NoPlan):
        message = f"taken meanwhile: {entered.what}"
        return NoPlan(message, findings=entered.findings, refusals=entered.refusals)
    return BadRequest(REGISTER, entered.what) if isinstance(entered, Conflict) else entered
