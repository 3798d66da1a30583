"""What leaves a clinic's register: feeds, entries of calendars, invitations, and queues."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ketasched.api.calendar_entries import audience_of, publish_entries
from ketasched.api.clinic_book import ClinicBook
from ketasched.api.feeds import FeedOptions, PublishedFeed, publish_feeds
from ketasched.api.invitations import InvitationOptions, write_invitations
from ketasched.api.moments import Moment, local_moment
from ketasched.api.publication import Publication, Read, courses_of_patient, courses_of_register
from ketasched.exchange.invitations import Invitation
from ketasched.exchange.queues import NOBODY
from ketasched.files.load import builtin_clinic
from ketasched.files.option_values import read_day
from ketasched.files.typed_text import text_of, texts_of
from ketasched.model import Audience, Clinic, DateRange
from ketasched.model.field_types import refusing_wrong_nouns
from ketasched.model.queues import Appointment, PatientReminder, Ride
from ketasched.register.clinic_now import clinic_now
from ketasched.register.course_lookup import several_clinics

if TYPE_CHECKING:
    from ketasched.exchange.calendar_entries import Step
    from ketasched.register.register import Register as StoredRegister

A_DAY = "a date such as 2026-12-07"


@dataclass(frozen=True, slots=True)
class ClinicExchange:
    """What leaves the register of a clinic, and only when one of these methods is called.

    Where `patients` are named, it is their courses, else all of the clinic. Every method raises
    `BadFile` if the register has several clinics and none is given.
    """

    stored: "StoredRegister"

    def publish(
        self,
        folder: str | Path,
        patients: str | Sequence[str] = (),
        *,
        at: Moment,
        clinic: Clinic | None = None,
        **options: Unpack[FeedOptions],
    ) -> Publication[PublishedFeed]:
        """Write feeds into a folder for a web server, as `ketasched publish --to DIR`.

        The `options` are those of `ketasched.publish`; the names of feeds are kept in the
        register. Raises `BadFile`, `BadRequest`, `Refused`.
        """
        return publish_feeds(self._read(patients, at, clinic), folder, **options)

    def publish_to_server(
        self,
        url: str,
        patients: str | Sequence[str] = (),
        *,
        at: Moment,
        user: str = "",
        password: str = "",
        audience: Audience | None = None,
        clinic: Clinic | None = None,
        dry_run: bool = False,
    ) -> "Publication[Step]":
        """Bring dates into a calendar on a CalDAV server, as `ketasched publish --to URL`.

        Without a user nobody logs in. All dates are the clinic's; for named patients the audience
        has to be said. Raises `BadRequest`, `BadFile`, and `Refused`, also if the calendar has a
        later state of a course.
        """
        audience = audience_of(audience, patients)
        return publish_entries(
            self._read(patients, at, clinic),
            url,
            user=user,
            password=password,
            audience=audience,
            dry_run=dry_run,
        )

    def invite(
        self,
        folder: str | Path,
        patients: str | Sequence[str] = (),
        *,
        at: Moment,
        clinic: Clinic | None = None,
        **options: Unpack[InvitationOptions],
    ) -> Publication[Invitation]:
        """Write invitations as mails into a folder, as `ketasched invite`; nothing is sent.

        Only what is new, changed or ended since the last time is written. Raises `BadFile`,
        `BadRequest`, `Refused`.
        """
        return write_invitations(self._read(patients, at, clinic), folder, **options)

    def rides(
        self, *, at: Moment, days: int = 3, driver: str = NOBODY, clinic: Clinic | None = None
    ) -> list[Ride]:
        """The ends of rides from `at` until the end of the day that is `days` later, by time.

        The `driver` is a name, in whatever case, or "all", or "none": those without a driver.
        Raises `BadRequest` for a name that no course of the clinic has.
        """
        book, now, last = self._days_ahead(at, days, clinic)
        return book.rides(now, last, driver)

    def reminders(
        self, *, at: Moment, days: int = 7, clinic: Clinic | None = None
    ) -> list[PatientReminder]:
        """The messages to patients who agreed to them, by time, as `ketasched reminders`.

        Nothing is sent. Where `to` and `email` are both empty, the patient cannot be reached; the
        command leaves that message out.
        """
        book, now, last = self._days_ahead(at, days, clinic)
        return book.reminders(now, last)

    def appointments(
        self,
        first: str | date,
        last: str | date,
        *,
        cancelled: bool = True,
        clinic: Clinic | None = None,
    ) -> list[Appointment]:
        """The visits of these days, both inclusive, as `ketasched register appointments`.

        With `cancelled` also those that do not take place any more, on their last date.
        """
        book = self._book(clinic)
        days = DateRange(day_of("first", first, book), day_of("last", last, book))
        return book.appointments(days, cancelled=cancelled)

    def _read(self, patients: str | Sequence[str], at: Moment, clinic: Clinic | None) -> Read:
        now, names = partial(local_moment, at), texts_of("patients", patients)
        if not names:
            return lambda: [courses_of_register(self._book(clinic), now)]
        return lambda: [courses_of_patient(self.stored, one, clinic, now) for one in names]

    @refusing_wrong_nouns
    def _book(self, clinic: Clinic | None) -> ClinicBook:
        if clinic:
            self.stored.refuse_stranger(clinic)
            return ClinicBook(self.stored, clinic, clinic)
        names = self.stored.clinics()
        if len(names) > 1:
            raise several_clinics(names)
        newest = self.stored.newest()
        return ClinicBook(self.stored, None, clinic_now(newest, self.stored) if newest else None)

    def _days_ahead(
        self, at: Moment, days: int, clinic: Clinic | None
    ) -> tuple[ClinicBook, datetime, date]:
        """The clinic's book, the moment, and the last day; a register may have no course."""
        book = self._book(clinic)
        now = local_moment(at, book.clinic or builtin_clinic("UTC"))
        return book, now, now.date() + timedelta(days)

    def _book_and_moment(self, at: Moment, clinic: Clinic | None) -> tuple[ClinicBook, datetime]:
        book = self._book(clinic)
        return book, local_moment(at, book.known_clinic)


def day_of(field: str, day: str | date, book: ClinicBook) -> date:
    """The date that `field` says, as people of the clinic write it. Raises `BadRequest`."""
    order = book.clinic.date_order if book.clinic else None
    return read_day(text_of(field, day), field, order, next_step=A_DAY)
