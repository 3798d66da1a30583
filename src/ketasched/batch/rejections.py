"""Rejected rows: an error stops its own row only, and becomes the reason in `rejects.csv`."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from ketasched.batch.records import RowResult
from ketasched.errors import BadRequest, KetaschedError, NoPlan, error_location
from ketasched.files.roster import Row
from ketasched.model.identifiers import MAX_REFERENCE_BYTES
from ketasched.planning.explain import refusal_lines
from ketasched.planning.infeasibility import PATIENT_RULES

Outcome = TypeVar("Outcome")

BUG, OUTPUT, REGISTER = "bug", "output", "register"
"""The rules of rejected rows that are right themselves: an error of ours, a folder that cannot be
written, a conflict with the register.
"""

MOST_REASONS, LONGEST_REASON = 3, 1000
"""How many reasons of a `NoPlan` are given, and how many characters."""


class Rejected(NamedTuple):
    """A row that cannot be planned, with the rule or the column that rejects it, and the reason.

    `public_reason` is what a log may have of the reason: nothing of a patient. `unsettled` are the
    columns whose dates can have the day or the month first, and `rest` is what else is wrong.

    The error itself is not kept: its traceback would keep the whole search in memory.
    """

    row: Row
    rule: str
    reason: str
    public_reason: str = ""
    unsettled: tuple[str, ...] = ()
    rest: str = ""

    @property
    def result(self) -> RowResult:
        """The result of the row."""
        row, patient, reason = self.row.number, self.row.texts.get("patient", ""), self.reason
        if len(reason) > LONGEST_REASON:
            half = LONGEST_REASON // 2
            reason = f"{reason[:half]} … {reason[-half:]}"
        return RowResult(
            row,
            _shorten(patient),
            "rejected",
            rule=self.rule,
            reason=reason,
            public_reason=self.public_reason,
            unsettled=self.unsettled,
            rest=self.rest,
        )


def rejected_for(row: Row, error: BadRequest) -> Rejected:
    """The row as rejected for an error in it."""
    return Rejected(row, error.field, error.what, error.public, error.unsettled, error.rest)


def attempt(row: Row, step: Callable[[], Outcome]) -> Outcome | Rejected:
    """What `step` returns for the row, or the row as rejected.

    Passes on the errors that end a run: every `KetaschedError` but `BadRequest` and `NoPlan`.
    """
    try:
        return step()
    except BadRequest as error:
        return rejected_for(row, error)
    except NoPlan as error:
        return Rejected(row, *_rule_and_reason(error), "no plan keeps this rule")
    except KetaschedError:
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours is for one row
        # Where it happened, without the values that were at work.
        said = f"a bug of ketasched: {error_location(error)}"
        return Rejected(row, BUG, said, said)


def _rule_and_reason(error: NoPlan) -> tuple[str, str]:
    """The rule that refuses most often, and the first reasons."""
    findings = list(error.findings) or [finding for _, finding in error.refusals]
    rules = [finding.rule for finding in findings]
    rules = [rule for rule in rules if rule in PATIENT_RULES] or rules
    reasons = [*(finding.message for finding in error.findings), *refusal_lines(error.refusals)]
    most_frequent = max(rules, key=rules.count) if rules else ""
    return most_frequent, "; ".join((error.what, *reasons[:MOST_REASONS]))


def _shorten(patient: str) -> str:
    """A patient reference on one line, cut off if it is too long to be one."""
    text = " ".join(patient.split())
    if len(text) <= MAX_REFERENCE_BYTES:
        return text
    return f"{text[: MAX_REFERENCE_BYTES - 1]}…"
