"""The rows that leave for a clinic's own services: appointments, rides and reminders.

A value of a row is None, or the empty text, where there is none. Every moment is local to the
clinic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from ketasched.model.keys import Key
from ketasched.model.values import Place
from ketasched.model.visit import Status

Queue = Literal["appointments", "rides", "reminders"]
"""The names of the queues."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A visit, or what precedes or follows one, for a patient record system."""

    key: str
    """Its identifier, which stays the same when it moves."""
    patient: str
    """The clinic's reference for the patient."""
    patient_phone: str
    """The patient's phone number."""
    start: datetime
    """Check-in."""
    end: datetime
    """When it is over, or the patient may be collected."""
    minutes: Annotated[int, Key(unit="minutes")]
    """How long it takes, elapsed."""
    title: str
    """Its title, "Appointment 3 of 6"; clinical if the clinic's titles are."""
    status: Status
    """How it stands."""
    place: Place
    """Where it is."""
    address: str
    """Where the clinic is, if it is there."""
    chair: int | None
    """The chair that it holds, where chairs are counted."""
    visit: int
    """The number of the visit, or of the one that it belongs to."""
    sequence: int
    """How often it has changed."""
    kind: str
    """Its kind, by its name in the protocol, which can tell the treatment."""


@dataclass(frozen=True, slots=True)
class Ride:
    """One end of a ride, for a ride service: the patient is brought, or collected."""

    key: str
    """Its identifier, which stays the same when it moves or the driver changes."""
    ride: Literal["bring", "collect"]
    """Which end it is."""
    at: datetime
    """By when the patient is brought, or from when collected."""
    pick_up: datetime | None
    """The time of a collection; it may take longer."""
    pick_up_place: str
    """The clinic's address, for a collection."""
    drop_off: datetime | None
    """By when the patient has to be at the clinic."""
    drop_off_place: str
    """The clinic's address, where the patient is brought."""
    patient: str
    """The clinic's reference for the patient."""
    patient_phone: str
    """The patient's phone number."""
    language: str
    """What the patient reads, by its code."""
    driver_name: str
    """Who drives, if anybody does yet."""
    driver_phone: str
    """The driver's phone number."""
    clinic: str
    """The clinic's neutral name."""
    clinic_phone: str
    """The clinic's phone number."""
    visit: int
    """The number of the visit, or of the one that it belongs to."""


@dataclass(frozen=True, slots=True)
class PatientReminder:
    """A message to a patient who agreed to be reminded, for a texting service."""

    key: str
    """Its identifier: send each once. A visit that moves has new ones."""
    to: str
    """The patient's phone number."""
    email: str
    """The patient's mail address."""
    language: str
    """The language of the text, by its code."""
    send_at: datetime
    """When it is to be sent."""
    text: str
    """What it says, on one line and discreetly."""
    about: Literal["ride", "attendant", "visit"]
    """Whether a ride is to be arranged, or that somebody stays; else the visit itself."""
    start: datetime
    """When the visit begins."""
    patient: str
    """The clinic's reference for the patient."""


QueueRow = Appointment | Ride | PatientReminder

QUEUE_ROWS: Mapping[Queue, type] = {
    "appointments": Appointment,
    "rides": Ride,
    "reminders": PatientReminder,
}
"""By queue, the noun of its rows."""

NAMED_ONLY: Mapping[Queue, str] = {"appointments": "kind", "reminders": "patient"}
"""By queue, the value that is written only if a column set names it."""
