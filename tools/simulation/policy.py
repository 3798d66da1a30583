"""What a year asks of a policy: the calls that its clerks answer, and the bookings that follow."""

from collections import Counter
from datetime import date, datetime
from typing import Protocol

from tools.simulation.clinic import News
from tools.simulation.patients import Patient
from tools.simulation.stored_bookings import StoredBookings


class Policy(Protocol):
    """How a clinic gives dates. `at` is the moment of a call; visits are known by their starts."""

    name: str
    bookings: StoredBookings
    counts: Counter[str]

    def ask(self, patient: Patient, at: datetime) -> None:
        """A new patient asks for a course."""

    def name_driver(self, patient: Patient, at: datetime) -> None:
        """The patient says who drives."""

    def defer(self, patient: Patient, visit: datetime, days: int, at: datetime) -> None:
        """The patient asks for a visit to be at least so many days later."""

    def hold(self, patient: Patient, at: datetime) -> None:
        """The clinician holds all visits to come."""

    def resume(self, patient: Patient, on: date, at: datetime) -> None:
        """The clinician lets the visits go on from a day."""

    def stop(self, patient: Patient, at: datetime) -> None:
        """The patient comes no more."""

    def add_booster(self, patient: Patient, days: int, at: datetime) -> None:
        """The clinician decides on a booster so many days after the last visit."""

    def hear(self, news: News, at: datetime) -> None:
        """The clinic closes, or chairs are out of order, from today on."""

    def end_day(self, day: date, missed: list[tuple[Patient, datetime]], at: datetime) -> None:
        """The day is over: all visits took place but the missed ones, which are made up for."""

    def end_week(self, at: datetime) -> None:
        """The week is over: those who wait may be given a course."""

    def inspect(self, day: date) -> list[str]:
        """What is wrong with the bookings after a day."""

    def close(self) -> None:
        """Close the files, and end the processes."""
