"""Doubts: what is right in a clinic's file, and yet probably not meant."""

from collections.abc import Iterator
from dataclasses import fields

from ketasched.files.codec import nearest
from ketasched.files.load import shipped_protocols
from ketasched.model import Clinic, Protocol
from ketasched.model.privacy import LEFT_OUT, telling


def doubts(clinic: Clinic, protocol: Protocol | None = None) -> Iterator[str]:
    """Tables that nothing uses, words unsaid, words that tell the treatment: each with its place.

    A protocol that does not come with the program is only known if it is `protocol`.
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
                said = "there is no such protocol, so this is not used"
                yield f"{table}.{name}: {said}{nearest(name, known)}"
    if not clinic.phone:
        yield "phone: none; patients and drivers are told to call you, but not where"
    if clinic.timezone in ("Etc/UTC", "UTC"):
        yield f"timezone: {clinic.timezone} is hardly where you are; write, say, America/New_York"
    if clinic.titles == "discreet":
        for key in ("before", "bring", "side_effects", "call"):
            words = clinic.instructions
            if getattr(words, key) and not getattr(words.discreet, key):
                said = "unsaid with discreet titles; fill in [instructions.discreet]"
                yield f"instructions.{key}: {said}"
    yield from _telling(clinic)


def _telling(clinic: Clinic) -> Iterator[str]:
    """What tells the treatment, and is therefore left out where nothing may."""
    discreet = clinic.titles == "discreet"
    where = "discreet pages and calendars" if discreet else "a driver's page and calendar"
    for key, own in (("name", "calendar_name"), ("address", "calendar_place")):
        place = own if getattr(clinic, own) else key
        word = telling(getattr(clinic, place))
        if word and (discreet or key == "address"):
            yield f'{place}: says "{word}"; {where} leave it out; set {own} to something neutral'
    if word := telling(clinic.phone):
        yield f'phone: says "{word}"; {where} leave it out'
    words = clinic.instructions.discreet, clinic.instructions.protocols.items()
    places = [("", words[0]), *((f"{name}.", own.discreet) for name, own in words[1])]
    for place, wording in places if discreet else ():
        for field in fields(wording):
            if word := telling(getattr(wording, field.name)):
                said = f'says "{word}"; {where} say "{LEFT_OUT}" in its place'
                yield f"instructions.{place}discreet.{field.name}: {said}"
