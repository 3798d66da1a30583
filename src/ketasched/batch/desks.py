"""The clinics and protocols that rows name, each read once."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field

from ketasched.batch.digest import sha
from ketasched.batch.held import house_of
from ketasched.batch.nouns import Agenda, Desk
from ketasched.errors import BadFile, BadRequest
from ketasched.forms import plain
from ketasched.load import load_clinic, load_protocol, refuse_mismatch
from ketasched.model import Clinic, Protocol

MOST = 1000
"""More clinics and protocols than these are not kept in memory."""


@dataclass(slots=True)
class Desks:
    """Where rows are planned: `usual` gives the clinic of a row that names none, and its path.

    `protocol` is what such a row is planned by. `agenda` gives the busy times at a clinic.
    """

    usual: Callable[[], tuple[Clinic, str]]
    protocol: str
    agenda: Callable[[Clinic], Agenda | None] = lambda clinic: None
    _desks: dict[tuple[str, str], Desk | BadRequest] = field(default_factory=dict)
    _paths: dict[str, dict[str, str]] = field(default_factory=dict)

    def of(self, clinic: str, protocol: str) -> Desk:
        """The desk for a row's own words, "" where it has none.

        Raises `BadRequest` if its clinic or protocol cannot be read, and `BadFile` if that is the
        usual one.
        """
        key = clinic, protocol
        if key not in self._desks:
            if len(self._desks) >= MOST:
                self._desks.clear()
            self._desks[key] = self._read(clinic, protocol)
        found = self._desks[key]
        if isinstance(found, BadRequest):
            raise found
        return found

    def _read(self, clinic: str, protocol: str) -> Desk | BadRequest:
        try:
            asked = load_protocol(protocol or self.protocol)
        except BadFile as error:
            if not protocol:
                raise
            return BadRequest("protocol", _first(error))
        try:
            place, path = (load_clinic(clinic), clinic) if clinic else self.usual()
        except BadFile as error:
            if not clinic:
                raise
            return BadRequest("clinic", _first(error))
        try:
            refuse_mismatch(place, asked, path)
        except BadFile as error:
            if not (clinic or protocol):
                raise
            return BadRequest("clinic" if clinic else "protocol", _first(error))
        desk = _desk(place, asked, self.agenda(place))
        self._paths.setdefault(desk.house, {}).setdefault(desk.clinic_digest, path)
        return desk

    def alike(self) -> list[str]:
        """The paths of two clinics that later runs could not tell apart; else none."""
        several = (list(paths.values())[:2] for paths in self._paths.values() if len(paths) > 1)
        return next(several, [])


def _first(error: BadFile) -> str:
    """The error on one line, with the first of its details."""
    return f"{error.what}: {error.details[0]}" if error.details else error.what


def _desk(clinic: Clinic, protocol: Protocol, agenda: Agenda | None) -> Desk:
    of_clinic = sha(json.dumps(plain(clinic)).encode())
    digest = sha((of_clinic + json.dumps(plain(protocol))).encode())
    house = house_of(clinic)
    # The clinic apart, so that a worker has it once, however many protocols it is asked for.
    data = pickle.dumps((digest, of_clinic, house, pickle.dumps(clinic), protocol, agenda))
    return Desk(digest, of_clinic, house, data, clinic, protocol, agenda)
