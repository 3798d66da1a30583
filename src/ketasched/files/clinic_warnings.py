"""Warnings about a valid clinic file: settings that are probably not meant."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise

from ketasched.files.countries import NUMBERS, emergency_number
from ketasched.files.load import shipped_protocols
from ketasched.language.catalogue import ENGLISH
from ketasched.language.known import find_language, languages
from ketasched.model import Clinic, Instructions, Protocol, ProtocolWording, Wording
from ketasched.model.did_you_mean import did_you_mean
from ketasched.model.opening_hours import openings
from ketasched.model.privacy import REDACTED, sensitive_term

TEXTS = [one.name for one in fields(Wording)]
"""What a clinic can say in its own words."""


def clinic_warnings(
    clinic: Clinic, protocol: Protocol | None = None, *, language: str = "", salt: str
) -> Iterator[str]:
    """Tables that nothing uses, settings left out, words that reveal the treatment; with places.

    Known protocols are the shipped ones and `protocol`; `salt` is a random text to propose. The
    words that are missing are those in `language` for `protocol`; without a protocol, those in
    each language of the clinic for all.
    """
    known = {*shipped_protocols(), *([protocol.id] if protocol else ())}
    yield from _table_warnings(clinic, known)
    if not clinic.id_salt:
        said = "none; identifiers in calendars can be computed from a guessed reference"
        yield f'id_salt: {said}; before a register has this clinic, add: id_salt = "{salt}"'
    if not clinic.phone:
        yield "phone: none; patients and drivers are told to call you, but not where"
    if clinic.timezone in ("Etc/UTC", "UTC"):
        yield f"timezone: {clinic.timezone} is hardly where you are; write, say, America/New_York"
    if clinic.titles == "discreet":
        words = clinic.instructions
        for key in TEXTS:
            if getattr(words, key) and not getattr(words.discreet, key):
                message = "unsaid with discreet titles; fill in [instructions.discreet]"
                yield f"instructions.{key}: {message}"
    if protocol:
        yield from language_warnings(clinic, [language or clinic.language], [protocol.id])
    else:
        languages_read = {clinic.language, *clinic.instructions.others} & {*languages()}
        yield from language_warnings(clinic, languages_read, known)
    yield from _calendar_warnings(clinic)
    yield from _emergency_warnings(clinic)
    yield from _privacy_warnings(clinic)


def _table_warnings(clinic: Clinic, known: Collection[str]) -> Iterator[str]:
    """Tables for a protocol or a language that there is not."""
    others = clinic.instructions.others
    tables: list[tuple[str, Mapping[str, object], Collection[str]]] = [
        ("overrides", clinic.overrides, known),
        ("instructions", others, {*known, *languages()}),
        *((f"instructions.{name}", others[name].protocols, known) for name in others),
        ("prices", clinic.prices.protocols, known),
    ]
    for table, names, expected in tables:
        for name in names:
            if name not in expected:
                message = "there is no such protocol, so this is not used"
                code = find_language(name) if table == "instructions" else ""
                hint = f"; did you mean {code}?" if code else did_you_mean(name, expected)
                yield f"{table}.{name}: {message}{hint}"


def language_warnings(
    clinic: Clinic, languages_read: Collection[str], protocols: Collection[str]
) -> Iterator[str]:
    """Words that the readers of these languages are shown as the clinic says them to all.

    Those for all protocols, and for these. In English a text is missing only beside others: what
    the clinic says to all is taken for English.
    """
    discreet = ".discreet" * (clinic.titles == "discreet")
    own = dict(_wordings(clinic.instructions))
    for language in sorted(languages_read):
        code = f"instructions.{language}"
        if language == ENGLISH and code not in own:
            continue
        for name in ("instructions", *(f"instructions.{one}" for one in sorted(protocols))):
            place = name.replace("instructions", code, 1)
            said, there = (own.get(one, ProtocolWording()) for one in (name, place))
            pair = (said.discreet, there.discreet) if discreet else (said, there)
            for key in TEXTS:
                if getattr(pair[0], key) and not getattr(pair[1], key):
                    shown = f"its readers are shown {name}{discreet}.{key}"
                    yield f"{place}{discreet}.{key}: unsaid; {shown}"


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
    number, calls = emergency_number(clinic.timezone), dict[str, Wording]()
    for name, own in _wordings(clinic.instructions):
        calls |= {name: own, f"{name}.discreet": own.discreet}
    for place, wording in calls.items():
        said = set(re.findall(r"\b\d{3}\b", wording.call)) & {*NUMBERS.values()}
        # 112 reaches the same in the United Kingdom.
        if said and number not in said and not ("112" in said and number == "999"):
            here = f"here it is {number}" if number else f"is that right in {clinic.timezone}?"
            yield f"{place}.call: says {', '.join(sorted(said))}; {here}"
        elif wording.call and not re.search(r"\d", wording.call):
            known = f"here it is {number}" if number else "we know none for your country"
            yield f"{place}.call: names no number for an emergency; {known}"


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
    for place, own_words in _wordings(clinic.instructions):
        for key in TEXTS:
            if word := sensitive_term(getattr(own_words.discreet, key)):
                message = f'says "{word}"; {where} say "{REDACTED}" in its place'
                yield f"{place}.discreet.{key}: {message}"


def _wordings(instructions: Instructions) -> Iterator[tuple[str, ProtocolWording]]:
    """All tables of instructions by their names, those with discreet words aside."""
    yield "instructions", instructions
    for name, own in instructions.others.items():
        yield f"instructions.{name}", own
        for protocol, inner in own.protocols.items():
            yield f"instructions.{name}.{protocol}", inner
