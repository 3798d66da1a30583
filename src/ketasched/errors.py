"""The errors that a user can mend: what is wrong, where, and what to try, with an exit code."""

import shlex
import traceback
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ketasched.model import Finding, Remedy


PROGRAM = "ketasched"


def command_line(*words: str) -> str:
    """A command of the program as it is typed, each word quoted for a POSIX shell if need be."""
    return shlex.join((PROGRAM, *words))


class KetaschedError(Exception):
    """An error that the user can mend: `what` is a sentence, `details` are lines below it.

    `next_step` is plain words, or options to add or a command, at the end of the line and alone
    or after "words: ". Words in capitals stand for values. Of several lines each is a next step.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, what: str, *, details: Sequence[str] = (), next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.details = tuple(details)
        self.next_step = next_step

    @property
    def __notes__(self) -> list[str]:
        """The lines that a traceback has below the error: what the commands print there."""
        steps = [f"try: {step}" for step in self.next_step.splitlines()]
        return [*self._place(), *(f"  {detail}" for detail in self.details), *steps]

    @__notes__.setter
    def __notes__(self, _: list[str]) -> None:
        """Change nothing: libraries that send errors to other processes set what they read."""

    def _place(self) -> list[str]:
        """A line on where the error is, if it knows more than it says."""
        return []

    def __reduce__(self) -> tuple[object, ...]:
        """Support pickling, whatever the arguments of the subclass: workers return errors."""
        return type(self).__new__, (type(self), *self.args), self.__dict__


class BadRequest(KetaschedError):
    """A request or an option that cannot be used; `field` is its name.

    `public` is as much of `what` as a log may have: nothing of a patient. Unless it is given, a
    log has the name of the field alone. `unsettled` are the fields whose dates can have the day
    or the month first, and `rest` is what else is wrong, "" for nothing.
    """

    exit_code = 2

    def __init__(
        self,
        field: str,
        what: str,
        *,
        next_step: str = "",
        public: str = "",
        unsettled: Sequence[str] = (),
        rest: str = "",
    ) -> None:
        super().__init__(what, next_step=next_step)
        self.field = field
        self.public = public
        self.unsettled = tuple(unsettled)
        self.rest = rest

    def _place(self) -> list[str]:
        return [f"field: {self.field}"]


class NothingToDo(KetaschedError):
    """A change after which the course would be as it is: no revision is made."""

    exit_code = 0


class BadFile(KetaschedError):
    """A file that cannot be read or is invalid; `details` are its problems."""

    exit_code = 3


class NoPlan(KetaschedError):
    """No plan keeps every rule.

    `findings` are of the rules that refused; `refusals` say for each day why no course can begin
    then; `possible` are the days on which a single visit could be; `remedies` are single changes
    that make a plan possible, the smallest of each kind.
    """

    exit_code = 4

    def __init__(
        self,
        what: str,
        *,
        findings: "Sequence[Finding]" = (),
        refusals: "Sequence[tuple[date, Finding]]" = (),
        possible: "Sequence[date]" = (),
        remedies: "Sequence[Remedy]" = (),
        details: Sequence[str] = (),
        next_step: str = "",
    ) -> None:
        super().__init__(what, details=details, next_step=next_step)
        self.findings = tuple(findings)
        self.refusals = tuple(refusals)
        self.possible = tuple(possible)
        self.remedies = tuple(remedies)


class Refused(KetaschedError):
    """An output that cannot be written: it exists, is not writable, or is locked."""

    exit_code = 6


def summarise_problems(problems: Sequence[str], most: int) -> tuple[str, list[str]]:
    """The number of problems in words, and the first `most` of them, then "and 2 more"."""
    number = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
    more = len(problems) - most
    return number, [*problems[:most], *([f"and {more} more"] if more > 0 else [])]


def error_location(error: BaseException) -> str:
    """The error's type and where it was raised, without its message, which may name a patient."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.lineno}, {frame.name}"
