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

    key: Annotated[str, Key("Its identifier, which stays the same when it moves.")]
    patient: Annotated[str, Key("The clinic's reference for the patient.")]
    patient_phone: Annotated[str, Key("The patient's phone number.")]
    start: Annotated[datetime, Key("Check-in.")]
    end: Annotated[datetime, Key("When it is over, or the patient may be collected.")]
    minutes: Annotated[int, Key("How long it takes, elapsed.", unit="minutes")]
    title: Annotated[str, Key('"Appointment 3 of 6"; clinical if the clinic\'s titles are.')]
    status: Annotated[Status, Key("How it stands.")]
    place: Annotated[Place, Key("Where it is.")]
    address: Annotated[str, Key("Where the clinic is, if it is there.")]
    chair: Annotated[int | None, Key("The chair that it holds, where chairs are counted.")]
    visit: Annotated[int, Key("The number of the visit, or of the one that it belongs to.")]
    sequence: Annotated[int, Key("How often it has changed.")]
    kind: Annotated[
        str, Key("Its kind, by its name in the protocol, which can tell the treatment.")
    ]


@dataclass(frozen=True, slots=True)
class Ride:
    """One end of a ride, for a ride service: the patient is brought, or collected."""

    key: Annotated[
        str, Key("Its identifier, which stays the same when it moves or the driver changes.")
    ]
    ride: Annotated[Literal["bring", "collect"], Key("Which end it is.")]
    at: Annotated[datetime, Key("By when the patient is brought, or from when collected.")]
    pick_up: Annotated[datetime | None, Key("The time of a collection; it may take longer.")]
    pick_up_place: Annotated[str, Key("The clinic's address, for a collection.")]
    drop_off: Annotated[datetime | None, Key("By when the patient has to be at the clinic.")]
    drop_off_place: Annotated[str, Key("The clinic's address, where the patient is brought.")]
    patient: Annotated[str, Key("The clinic's reference for the patient.")]
    patient_phone: Annotated[str, Key("The patient's phone number.")]
    language: Annotated[str, Key("What the patient reads, by its code.")]
    driver_name: Annotated[str, Key("Who drives, if anybody does yet.")]
    driver_phone: Annotated[str, Key("The driver's phone number.")]
    clinic: Annotated[str, Key("The clinic's neutral name.")]
    clinic_phone: Annotated[str, Key("The clinic's phone number.")]
    visit: Annotated[int, Key("The number of the visit, or of the one that it belongs to.")]


@dataclass(frozen=True, slots=True)
class PatientReminder:
    """A message to a patient who agreed to be reminded, for a texting service."""

    key: Annotated[str, Key("Its identifier: send each once. A visit that moves has new ones.")]
    to: Annotated[str, Key("The patient's phone number.")]
    email: Annotated[str, Key("The patient's mail address.")]
    language: Annotated[str, Key("The language of the text, by its code.")]
    send_at: Annotated[datetime, Key("When it is to be sent.")]
    text: Annotated[str, Key("What it says, on one line and discreetly.")]
    about: Annotated[
        Literal["ride", "attendant", "visit"],
        Key("Whether a ride is to be arranged, or that somebody stays; else the visit itself."),
    ]
    start: Annotated[datetime, Key("When the visit begins.")]
    patient: Annotated[str, Key("The clinic's reference for the patient.")]


QueueRow = Appointment | Ride | PatientReminder

QUEUE_ROWS: Mapping[Queue, type] = {
    "appointments": Appointment,
    "rides": Ride,
    "reminders": PatientReminder,
}
"""By queue, the noun of its rows."""

NAMED_ONLY: Mapping[Queue, str] = {"appointments": "kind", "reminders": "patient"}
"""By queue, the value that is written only if a column set names it."""
