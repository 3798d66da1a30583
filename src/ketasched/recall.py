"""A search that recalls the chains it has found before, for whomever.

Beside the days, all that a search looks at is how far visits are apart and which weekday they are
on: the pace, the gaps, the span. So the best chain follows from what the days answered when they
were asked for their stops. The answers are kept, question by question; where they are all the same
again, in another week or for another patient, so is the chain, and only the days are asked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ketasched.chain import Chain, Stop
from ketasched.model import VisitKind
from ketasched.once import once
from ketasched.pace import Run
from ketasched.search import Days, Search

MOST_QUESTIONS = 5_000
"""How many questions are kept for the same runs; then it begins anew: memory stays flat."""

Answer = int | None
"""What a day says: its stop's minutes from the wanted time, None where it has no stop."""

Asked = tuple[VisitKind, int, Answer]
"""A question, by the kind of visit and the day, and its answer."""


@dataclass(frozen=True, slots=True)
class Found:
    """A chain without its dates: those are `days` after the anchor. None found has no `days`."""

    price: int = 0
    weekdays: int = 0
    days: tuple[int, ...] = ()


@dataclass(slots=True)
class Question:
    """Which stop is there for a visit of this kind, so many days after the anchor?

    Each answer leads to the next question, or to what was found. Most questions only ever get one
    answer: so the first has no table, which would take four times the memory.
    """

    kind: VisitKind
    days: int
    answer: Answer
    then: "Question | Found | None" = None
    others: "dict[Answer, Question | Found] | None" = None

    def after(self, answer: Answer) -> "Question | Found | None":
        """Where this answer leads, if it was given before."""
        if answer == self.answer:
            return self.then
        return self.others.get(answer) if self.others else None

    def lead(self, answer: Answer, then: "Question | Found") -> None:
        """Have this answer lead there."""
        if answer == self.answer:
            self.then = then
        else:
            self.others = (self.others or {}) | {answer: then}


@dataclass(slots=True)
class Recalled:
    """What is known of some runs: the first question by the weekday of the anchor."""

    firsts: dict[int, Question | Found] = field(default_factory=dict)
    size: int = 0

    def keep(self, weekday: int, path: Sequence[Asked], end: Found) -> None:
        """Keep what was found by these questions and answers."""
        if self.size > MOST_QUESTIONS:
            self.firsts, self.size = {}, 0
        if not path:
            self.firsts[weekday] = end
            return
        question = self.firsts.setdefault(weekday, Question(*path[0]))
        for (*_, answer), following in pairwise(path):
            assert isinstance(question, Question)  # noqa: S101 - the same answers: the same way
            then = question.after(answer)
            if then is None:
                then = Question(*following)
                question.lead(answer, then)
                self.size += 1
            question = then
        assert isinstance(question, Question)  # noqa: S101
        question.lead(path[-1][2], end)


@dataclass(slots=True)
class AskedDays(Days):
    """Days that note for which stops they are asked, and whether there was one: `asked`."""

    asked: dict[tuple[int, int], Asked] = field(default_factory=dict)

    def stops(self, kind: VisitKind, day: int, *, by_clock: bool) -> list[Stop]:
        """The stops of a day, as they are."""
        found = Days.stops(self, kind, day, by_clock=by_clock)
        self.asked[day, id(kind)] = kind, day, found[0].minutes if found else None
        return found

    def answer(self, kind: VisitKind, day: int) -> Answer:
        """What a day says."""
        found = Days.stops(self, kind, day, by_clock=False)
        return found[0].minutes if found else None


@dataclass(slots=True, eq=False)
class Recall(Search):
    """A search that finds the same chains as any, and looks for each only once."""

    days: AskedDays = field(init=False)
    without_clock: Search | None = field(init=False, default=None)
    refused_by_days: set[tuple[int, int]] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        Search.__post_init__(self)
        self.days = AskedDays(self.given)

    def best_from(
        self, number: int, firsts: Callable[[float], Iterable[tuple[int, Stop]]], anchor: int
    ) -> Chain | None:
        """The best chain of run `number`, as `Search` finds it."""
        self.given.go_on()
        if any(own or following for own, following in self._clocks):
            return self._by_the_clock(number, firsts, anchor)
        # An equal run may come first in one protocol and later in another: its firsts differ.
        known = _known(*self._runs_that_matter(number), is_first=number == 0)
        found = known.firsts.get(anchor % 7)
        while isinstance(found, Question):
            found = found.after(self.days.answer(found.kind, anchor + found.days))
        if found is not None:
            return self._dated(number, found, anchor) if found.days else None
        # A new one: what this one has kept it would not ask again, and that would be missed here.
        anew = Search(self.given, self.runs)
        anew.days = self.days
        self.days.asked.clear()
        chain = anew.best_from(number, firsts, anchor)
        path = [(kind, day - anchor, answer) for kind, day, answer in self.days.asked.values()]
        known.keep(anchor % 7, path, _undated(chain, anchor) if chain else Found())
        return chain

    def _by_the_clock(
        self, number: int, firsts: Callable[[float], Iterable[tuple[int, Stop]]], anchor: int
    ) -> Chain | None:
        """The best chain where a rule looks at the clock, which is more than the days.

        What is best without that rule, and keeps it all the same, is best with it; and where
        nothing fits without it, nothing does.
        """
        chain = self._blind().best_from(number, firsts, anchor)
        if chain is None:
            self.refused_by_days.add((number, anchor))
        if chain is None or self.keeps(number, chain):
            return chain
        return Search.best_from(self, number, firsts, anchor)

    def _blind(self) -> Search:
        if self.without_clock is None:
            self.without_clock = Search(self.given, self.runs, blind=True)
            self.without_clock.days = self.days
        return self.without_clock

    def to_explain(self, number: int, anchor: int) -> Search:
        """The search that says why nothing was found: the blind one, where that sees enough."""
        return self._blind() if (number, anchor) in self.refused_by_days else self

    def _runs_that_matter(self, number: int) -> list[Run]:
        """The run, and those after it that have to fit: up to a tentative one."""
        last = number + 1
        while last < len(self.runs) and not self.runs[last].phase.tentative:
            last += 1
        return [*self.runs[number:last]]

    def _dated(self, number: int, found: Found, anchor: int) -> Chain:
        kind = self.runs[number].kind
        stops = tuple(
            self.days.stops(kind, anchor + days, by_clock=False)[0] for days in found.days
        )
        minutes = sum(stop.minutes for stop in stops)
        starts = tuple(stop.slot.start for stop in stops)
        return Chain(found.price, found.weekdays, minutes, starts, stops)


@once
def _known(*runs: Run, is_first: bool) -> Recalled:
    return Recalled()


def _undated(chain: Chain, anchor: int) -> Found:
    days = tuple(stop.day - anchor for stop in chain.stops)
    return Found(chain.price, chain.weekdays, days)
