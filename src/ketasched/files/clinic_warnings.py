"""Warnings about a valid clinic file: settings that are probably not meant."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise

from ketasched.files.emergency_numbers import NUMBERS, emergency_number
from ketasched.files.load import shipped_protocols
from ketasched.model import Clinic, Protocol
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.opening_hours import openings
from ketasched.model.privacy import REDACTED, sensitive_term


def clinic_warnings(
    clinic: Clinic, protocol: Protocol | None = None, *, salt: str
) -> Iterator[str]:
    """Tables that nothing uses, settings left out, words that reveal the treatment; with places.

    Known protocols are the shipped ones and `protocol`; `salt` is a random text to propose.
    """
    known = {*shipped_protocols(), *([protocol.id] if protocol else ())}
    tables = (
        ("overrides", clinic.overrides),
        ("instructions", clinic.instructions.protocols),
        ("prices", clinic.prices.protocols),
    )
    for table, names in tables:
        for name in names:
            if name not in known:
                message = "there is no such protocol, so this is not used"
                yield f"{table}.{name}: {message}{did_you_mean(name, known)}"
    if not clinic.id_salt:
        said = "none; identifiers in calendars can be computed from a guessed reference"
        yield f'id_salt: {said}; before a register has this clinic, add: id_salt = "{salt}"'
    if not clinic.phone:
        yield "phone: none; patients and drivers are told to call you, but not where"
    if clinic.timezone in ("Etc/UTC", "UTC"):
        yield f"timezone: {clinic.timezone} is hardly where you are; write, say, America/New_York"
    if clinic.titles == "discreet":
        words = clinic.instructions
        for key in ("before", "bring", "side_effects", "call"):
            if getattr(words, key) and not getattr(words.discreet, key):
                message = "unsaid with discreet titles; fill in [instructions.discreet]"
                yield f"instructions.{key}: {message}"
    yield from _calendar_warnings(clinic)
    yield from _emergency_warnings(clinic)
    yield from _privacy_warnings(clinic)


def _calendar_warnings(clinic: Clinic) -> Iterator[str]:
    """Dates that change nothing."""
    for days in clinic.closures.chairs:
        number = (days.last - days.first).days + 1
        if not any(openings(clinic, days.first + timedelta(day)) for day in range(number)):
            yield f"closures.chairs.{days.plain()}: the clinic is closed then, with all its chairs"
    for (_, before), (since, week) in pairwise(clinic.hours.weeks.items()):
        if all(before.on(day) == week.on(day) for day in range(7)):
            yield f"hours.{since}: the same hours as before that day"


def _emergency_warnings(clinic: Clinic) -> Iterator[str]:
    """No number to call in an emergency, or that of another country."""
    words, number = clinic.instructions, emergency_number(clinic.timezone)
    calls = {"instructions": words, "instructions.discreet": words.discreet}
    for name, own in words.protocols.items():
        calls |= {f"instructions.{name}": own, f"instructions.{name}.discreet": own.discreet}
    for place, wording in calls.items():
        said = set(re.findall(r"\b\d{3}\b", wording.call)) & {*NUMBERS.values()}
        # 112 reaches the same in the United Kingdom.
        if said and number not in said and not ("112" in said and number == "999"):
            here = f"here it is {number}" if number else f"is that right in {clinic.timezone}?"
            yield f"{place}.call: says {', '.join(sorted(said))}; {here}"
        elif wording.call and not number and not re.search(r"\d", wording.call):
            yield f"{place}.call: names no number for an emergency; we know none for your country"


def _privacy_warnings(clinic: Clinic) -> Iterator[str]:
    """Words that reveal the treatment, which discreet output therefore leaves out."""
    discreet = clinic.titles == "discreet"
    where = "discreet pages and calendars" if discreet else "a driver's page and calendar"
    for key, own in (("name", "calendar_name"), ("address", "calendar_place")):
        place = own if getattr(clinic, own) else key
        word = sensitive_term(getattr(clinic, place))
        if word and (discreet or key == "address"):
            yield f'{place}: says "{word}"; {where} leave it out; set {own} to something neutral'
    if word := sensitive_term(clinic.phone):
        yield f'phone: says "{word}"; {where} leave it out'
    if not discreet:
        return
    wordings = {"": clinic.instructions.discreet}
    wordings |= {f"{name}.": own.discreet for name, own in clinic.instructions.protocols.items()}
    for place, wording in wordings.items():
        for field in fields(wording):
            if word := sensitive_term(getattr(wording, field.name)):
                message = f'says "{word}"; {where} say "{REDACTED}" in its place'
                yield f"instructions.{place}discreet.{field.name}: {message}"
