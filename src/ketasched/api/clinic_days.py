"""The days of a clinic in its register: sheets, drivers, free slots, and what no longer fits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from ketasched.api.clinic_book import ClinicBook, JointChange
from ketasched.api.day_records import CompletedDay, complete_day
from ketasched.api.exchange import A_DAY, ClinicExchange, day_of
from ketasched.api.free_slots import Taker, Waiting, free_slot
from ketasched.api.moments import Moment
from ketasched.api.rescheduling import (
    Rescheduling,
    enter,
    propose,
    proposed_before,
    refuse_unusable,
)
from ketasched.errors import BadRequest
from ketasched.files.load import load_proposal, refuse_mismatch
from ketasched.files.option_values import refuse_bad_value
from ketasched.files.typed_dates import date_range
from ketasched.files.typed_text import text_of, texts_of
from ketasched.model import Clinic, DateRange
from ketasched.model.session_counts import SessionCount
from ketasched.render.day_sheet.day_visit import DayVisit
from ketasched.render.day_sheet.forms import FORMS, render_sheet
from ketasched.render.day_sheet.sheet import DaySheet


@dataclass(frozen=True, slots=True)
class ClinicDays(ClinicExchange):
    """What is asked of the register about the days of one clinic."""

    def day(self, day: str | date, *, clinic: Clinic | None = None) -> DaySheet:
        """The clinic's day: its `visits`, its `talks`, and their `summary`, as `ketasched day`."""
        book = self._book(clinic)
        return book.sheet(day_of("day", day, book))

    def day_page(
        self, day: str | date, form: str = "text", *, clinic: Clinic | None = None
    ) -> str:
        """The sheet of a day as `ketasched day` prints it. Raises `BadRequest`, `BadFile`."""
        if form not in FORMS:
            raise BadRequest("form", f"expected one of {', '.join(FORMS)}, not {form}")
        book = self._book(clinic)
        return render_sheet(book.sheet(day_of("day", day, book)), form, book.locale)

    def drivers(
        self, *, at: Moment, days: int = 3, clinic: Clinic | None = None
    ) -> list[DayVisit]:
        """The coming visits that need a driver and have none, as `ketasched drivers`.

        They are those from the moment `at` until the end of the day that is `days` later.
        """
        book, now, last = self._days_ahead(at, days, clinic)
        return [visit for visit in book.coming(now, last) if visit.needs_driver]

    def authorisations(
        self, *, at: Moment, days: int = 30, clinic: Clinic | None = None
    ) -> list[SessionCount]:
        """The courses whose authorised sessions run out within so many days, the first first."""
        book, now, last = self._days_ahead(at, days, clinic)
        return book.sessions_that_run_out(now.date(), last)

    def complete_day(
        self,
        day: str | date,
        *,
        at: Moment,
        excepted: str | Sequence[str] = (),
        reason: str = "",
        by_whom: str = "",
        clinic: Clinic | None = None,
        dry_run: bool = False,
    ) -> CompletedDay:
        """Record the visits of a day that are over at the moment `at` as completed.

        Those of the `excepted` patients stay as they are. All are recorded or none. The result
        has the `revisions`, each course before and after, and the `visits` with why they are left.
        """
        book, now = self._book_and_moment(at, clinic)
        asked = JointChange(book, now, _patients(book, excepted), reason, by_whom)
        return complete_day(asked, day_of("day", day, book), dry_run=dry_run)

    def backfill(
        self,
        on: str | date,
        time: str | time,
        *,
        at: Moment,
        waiting: Iterable[Waiting] = (),
        clinic: Clinic | None = None,
    ) -> list[Taker]:
        """Who could take a free slot without breaking a rule; nothing is booked.

        First whose own visit would come sooner, then those `waiting` whose course could begin
        there. Raises `BadRequest` if no visit can begin then, `Refused` if the slot is taken.
        """
        book, now = self._book_and_moment(at, clinic)
        day, there = day_of("on", on, book), book.known_clinic
        free, asked = free_slot(book, there, day, text_of("time", time), now), [*waiting]
        for one in asked:
            refuse_mismatch(there, one.protocol, "the clinic")
        return [one for one, _ in free.takers(asked)]

    def reschedule(
        self,
        *,
        at: Moment,
        on: str | date | DateRange | Sequence[str | date | DateRange] = (),
        excepted: str | Sequence[str] = (),
        override: str | Sequence[str] = (),
        reason: str = "",
        by_whom: str = "",
        limit: float = 60,
        clinic: Clinic | None = None,
    ) -> Rescheduling:
        """A proposal for all booked visits that no longer fit the clinic; `apply` enters it.

        With `on` only the visits of these days move. The rules of `override`, gap or span, may be
        broken by as few days as possible. A better proposal is looked for for about `limit`
        seconds of a usual machine. Raises `BadRequest`, `BadFile`.
        """
        rules = texts_of("override", override)
        refuse_unusable(rules, reason, by_whom)
        book, now = self._book_and_moment(at, clinic)
        with refuse_bad_value("on", next_step=A_DAY):
            order = book.known_clinic.date_order
            days = [date_range(one, order) for one in texts_of("on", on)]
        asked = JointChange(book, now, _patients(book, excepted), reason, by_whom)
        return propose(asked, days, rules, limit)

    def apply(
        self,
        proposal: Rescheduling | str,
        *,
        at: Moment,
        excepted: str | Sequence[str] = (),
        clinic: Clinic | None = None,
        dry_run: bool = False,
    ) -> Rescheduling:
        """Enter a proposal, or that of a file, in one transaction, but for the excepted patients.

        Raises `Refused` if the register has changed since the proposal was made, or a rule or the
        time forbids it by now. A `dry_run` enters nothing.
        """
        name, own = "the proposal", clinic
        if isinstance(proposal, Rescheduling):
            written, own = proposal.written, clinic or proposal.clinic
        else:
            written, name = load_proposal(proposal), proposal
        book, now = self._book_and_moment(at, own)
        asked = JointChange(book, now, _patients(book, excepted))
        found = proposed_before(asked, written, name)
        return enter(asked, found, dry_run=dry_run) if found.revisions else found


def _patients(book: ClinicBook, names: str | Sequence[str]) -> Collection[str]:
    """The patients whom these names mean. Raises `BadFile`."""
    return {book.patient(one) for one in texts_of("excepted", names)}
