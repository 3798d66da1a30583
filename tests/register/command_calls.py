"""How each command of the program is called at a small clinic: its words, drawn at random.

`CALLS` has a row for each command; `test_chains_of_commands.py` compares them with the program's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ketasched.model.history import Verb
from ketasched.revising import verbs
from tests.register.day_clinic import PROTOCOLS
from tests.register.site import Site

Words = list[str]
T = TypeVar("T")

PATIENTS = ("P-1", "p-1", "María Gómez", "-x", "R", "S", "T", "U", "V", "W")
TIMES = ("08:00", "09:00", "09:30", "10:30", "13:00", "15:00")
DAYS = (-7, -1, 0, 0, 1, 1, 2, 3, 4, 5, 7, 9, 14, 21)
DRIVERS = ("Sam", "Ana Lima", "Kim")
WHY = ("--reason", "so it is", "--by-whom", "Dr. Lee")
REPORTS = ("text", "json", "csv")


@dataclass(frozen=True)
class Draw:
    """Draws words of calls at a site."""

    site: Site
    choose: Callable[[Sequence[Any]], Any]

    def one(self, of: Sequence[T]) -> T:
        found: T = self.choose(of)
        return found

    def maybe(self, *words: str) -> Words:
        """The words, or none."""
        return [*self.one([(), (), words])]

    def day(self) -> str:
        """A date some days from today."""
        local = self.site.now.astimezone(ZoneInfo("America/New_York"))
        return (local + timedelta(self.one(DAYS))).date().isoformat()

    def moment(self) -> str:
        """A date, mostly with a time."""
        return self.day() + self.one(["", *(f"T{time}" for time in TIMES)])

    def patient(self) -> str:
        """Somebody of the register, or not."""
        known = [one.patient for one in self.site.tables.courses]
        return self.one([*known, *known, self.one(PATIENTS)])

    def course(self) -> str:
        """A course as it is named: by patient, identifier or folder."""
        ids = [one.course_id for one in self.site.tables.courses]
        there = self.site.names("courses/*/course.json")
        folders = [str(Path(one).parent) for one in there]
        return self.one([self.patient(), *ids[:2], *folders[:3]])

    def number(self) -> str:
        return self.one(["1", "1", "2", "2", "3", "4", "9"])

    def today(self) -> Words:
        return ["--today", self.site.moment]

    def form(self, forms: Sequence[str] = ("text", "json")) -> Words:
        return ["--format", self.one(forms)]

    def file(self, pattern: str, otherwise: str = "nothing") -> str:
        """A file that is there."""
        return self.one(self.site.names(pattern) or [otherwise])


def plan(draw: Draw) -> Words:
    words = ["plan", "--patient", draw.one(PATIENTS), "--start", draw.day()]
    words += ["--protocol", draw.one([*PROTOCOLS]), "--time", draw.one(TIMES)]
    words += ["--boosters", draw.one(["0", "0", "1", "2"]), *draw.maybe("--prior", draw.day())]
    words += draw.maybe("--days", draw.one(["mon,tue,thu,fri", "tue,sat"]))
    words += draw.maybe("--driver-name", draw.one(DRIVERS), "--driver-email", "d@example.org")
    words += draw.maybe("--driver", "Ana Lima, +1 555 0134, mon")
    words += draw.maybe("--patient-email", "p@example.org", "--reminders", "yes")
    words += draw.maybe("--patient-phone", "+1 555 0177", "--language", draw.one(["es", "fr"]))
    words += draw.maybe("--authorised", f"2 from {draw.day()} until {draw.day()}")
    words += draw.maybe("--cleared-by", "Dr. Lee", "--cleared-on", draw.day())
    words += draw.one([[], ["-o", "courses"], ["-o", "courses", "--force"], ["--dry-run"]])
    return [*words, "--made-at", draw.site.later()]


def revise(verb: Verb, own: Callable[[Draw], Words]) -> Callable[[Draw], Words]:
    """The call of a verb with its own words."""

    def words(draw: Draw) -> Words:
        course, more = draw.course(), own(draw)
        for rule in draw.one([(), (), verbs.VERBS[verb].overrides]):
            more += ["--override", rule]
        files = ["-o", "courses", "--force"], ["--changes", "changes.ics", "--force"]
        more += draw.one([[], [], [], *files, ["--dry-run"], ["--expect-revision", "2"]])
        named = ["--", course] if course.startswith("-") else [course]
        return ["revise", *named, verb, *more, *WHY, *draw.today(), *draw.form()]

    return words


def numbered(draw: Draw) -> Words:
    return [draw.number()]


def wishes(draw: Draw) -> Words:
    days = ["--days", draw.one(["none", "mon,wed,fri", "tue,thu,fri"])]
    hours = ["--between", draw.one(["none", "08:00-12:00", "13:00-17:00"])]
    reached = ["--patient-email", draw.one(["none", "p@example.org", "q@example.org"])]
    told = ["--reminders", draw.one(["yes", "no"]), "--patient-phone", "+1 555 0188"]
    away = ["--unavailable", draw.one(["none", draw.day()])]
    read = ["--language", draw.one(["none", "es", "fr"])]
    return draw.one([days, hours, reached, told, away, read, ["--time", draw.one(TIMES)]])


def driver(draw: Draw) -> Words:
    who = ["--name", draw.one(DRIVERS), "--email", draw.one(["d@example.org", "e@example.org"])]
    visits = draw.one(["1", "2-3", "all", "mon,tue", "9"])
    return [visits, *draw.one([who, who, ["--name", "Kim", "--phone", "555"], ["--clear"]])]


def complete(draw: Draw) -> Words:
    return [draw.number(), *draw.one([[], [], ["--on", draw.moment()]])]


def defer(draw: Draw) -> Words:
    to = draw.one([["--to", draw.moment()], ["--by", draw.one(["1", "2", "5"])]])
    return [draw.number(), *to, *draw.maybe("--scope", "visit")]


def booster(draw: Draw) -> Words:
    return draw.one([["--on", draw.moment()], ["--after", draw.one(["7", "10"])]])


def authorise(draw: Draw) -> Words:
    some = f"{draw.one(['1', '3', '8'])} from {draw.day()} until {draw.day()}"
    return draw.one([[some], [some], ["none"], ["none", some]])


def clear(draw: Draw) -> Words:
    what = draw.one([[], ["--what", "rems-enrolment"], ["--what", "other"]])
    return ["--by", "Dr. Lee", "--on", draw.day(), *what]


def switch(draw: Draw) -> Words:
    return ["--on", draw.day(), "--protocol", draw.one([*PROTOCOLS])]


VERBS: Mapping[Verb, Callable[[Draw], Words]] = {
    "authorise": authorise,
    "booster": booster,
    "cease": lambda draw: draw.maybe("--after", draw.number()),
    "clear": clear,
    "complete": complete,
    "confirm": numbered,
    "defer": defer,
    "driver": driver,
    "hold": lambda _: [],
    "miss": lambda draw: [draw.number(), *draw.one([[], ["--make-up"], ["--no-make-up"]])],
    "omit": numbered,
    "resume": lambda draw: ["--on", draw.moment()],
    "review": lambda draw: [draw.number(), "--outcome", draw.one(["go-on", "go-on", "stop"])],
    "switch": switch,
    "undo": lambda _: [],
    "wishes": wishes,
}


def batch(draw: Draw) -> Words:
    site = draw.site
    known = site.names("batch-*/manifest.csv")
    folder = str(Path(draw.one(known)).parent) if known else ""
    if not folder or draw.one([True, False, False]):
        folder = f"batch-{len(known) + 1}"
    rows = [
        ",".join([draw.one(PATIENTS), draw.day(), draw.one(TIMES), draw.one([*PROTOCOLS])])
        for _ in range(draw.one([1, 2, 3]))
    ]
    site.put("roster.csv", "\n".join(["patient,start,time,protocol", *rows]) + "\n")
    how = draw.one([[], ["--resume"], ["--resume"], ["--force"], ["--dry-run"], ["--together"]])
    words = ["batch", "roster.csv", "-o", folder, "--jobs", "1", "--quiet", *how]
    return [
        *words,
        *(["--limit", "1s"] if how == ["--together"] else []),
        "--made-at",
        site.later(),
    ]


def day(draw: Draw) -> Words:
    if draw.one([False, True]):
        more = draw.maybe("--except", draw.patient()) + draw.maybe("--dry-run")
        return ["day", draw.day(), "--complete", *more, *WHY, *draw.today()]
    form = draw.form(("text", "json", "csv", "html", "ics"))
    return ["day", draw.day(), *draw.one([form, form, ["--week"]]), *draw.today()]


def reschedule(draw: Draw) -> Words:
    more = draw.maybe("--except", draw.patient()) + draw.maybe("--override", "gap,span")
    more += draw.one([[], [], ["--on", draw.day()], ["-o", "courses", "--force"], ["--dry-run"]])
    proposal = draw.file("*.proposal")
    apply = draw.one([["--apply"], ["--apply", proposal]])
    propose = ["--proposal", draw.one(["a.proposal", "b.proposal"]), "--force"]
    if "-o" in more or "--dry-run" in more:
        propose = apply
    words = ["reschedule", *draw.one([apply, apply, propose]), *more]
    return [*words, *WHY, "--limit", "2s", *draw.today(), *draw.form((*REPORTS, "html"))]


def backfill(draw: Draw) -> Words:
    site, own = draw.site, draw.one([*PROTOCOLS])
    site.put("waiting.csv", f"patient,start,priority\nWaits,{draw.day()},2\n")
    words = ["backfill", "--on", draw.day(), "--time", draw.one(TIMES), "--protocol", own]
    return [*words, *draw.maybe("--waiting", "waiting.csv"), *draw.today(), *draw.form(REPORTS)]


def publish(draw: Draw) -> Words:
    names = draw.one([[], [], ["--", draw.patient()], [draw.file("courses/*/course.json")]])
    words = ["publish", "--to", "feeds", *draw.today(), *draw.maybe("--rotate")]
    words += draw.one([[], [], ["--for", "patient"], ["--dry-run"]])
    return [*words, *draw.form(), *names]


def invite(draw: Draw) -> Words:
    names = draw.one([[], [], [], ["--", draw.patient()], [draw.file("courses/*/course.json")]])
    who = draw.one([[], [], [], ["--for", "driver"], ["--for", "patient"]])
    return ["invite", "-o", "outbox", *draw.today(), *who, *draw.maybe("--dry-run"), *names]


def shown(*words: str) -> Callable[[Draw], Words]:
    """The call that shows a course: of a file, or of the register."""

    def call(draw: Draw) -> Words:
        form = draw.form(("text", "html", "month", "ics", "json"))
        whom = ["--for", draw.one(["patient", "driver", "clinic"])]
        files = ["-o", "courses", *draw.maybe("--split"), *draw.maybe("--force")]
        how = draw.one([[*form, *whom], [*form, *whom], files, ["--format", "fhir"]])
        if words == ("show",):
            return [*words, draw.file("courses/*/course.json"), *how]
        how = draw.one([how, how, ["--log"]])
        return [*words, *how, "--", draw.patient()]

    return call


def ahead(*words: str, forms: Sequence[str] = REPORTS) -> Callable[[Draw], Words]:
    """The call of a list of what is to come."""
    return lambda draw: [*words, "--next", "60d", *draw.today(), *draw.form(forms)]


def renamed(draw: Draw) -> Words:
    files = draw.one([[], ["-o", "courses"], ["-o", "courses", "--force"], ["--dry-run"]])
    named = ["--", draw.patient(), draw.one(PATIENTS)]
    return ["register", "rename", *files, *WHY, *draw.today(), *draw.form(), *named]


def imported(draw: Draw) -> Words:
    found = [*draw.site.names("courses/*/course.json"), *draw.site.names("*.ndjson")]
    found += draw.site.names("batch-*/*/course.json")
    return ["register", "import", draw.one(found or ["nothing"]), *draw.today()]


def checked(draw: Draw) -> Words:
    courses = draw.site.names("*/*/course.json")
    others = ["clinic.toml", "roster.csv", "nothing", *PROTOCOLS, *draw.site.names("*.proposal")]
    return ["check", draw.one([*courses, *courses, *others]), *draw.form()]


CALLS: Mapping[str, Callable[[Draw], Words]] = {
    "plan": plan,
    "show": shown("show"),
    "suggest": lambda draw: [
        *("suggest", *draw.today(), *draw.form(), "--", draw.course(), draw.number())
    ],
    **{f"revise {verb}": revise(verb, own) for verb, own in VERBS.items()},
    "batch": batch,
    "day": day,
    "reschedule": reschedule,
    "drivers": ahead("drivers"),
    "rides": ahead("rides", "--driver", "all"),
    "reminders": ahead("reminders"),
    "authorisations": ahead("authorisations"),
    "backfill": backfill,
    "publish": publish,
    "invite": invite,
    "register appointments": ahead("register", "appointments", forms=("json",)),
    "register backup": lambda draw: ["register", "backup", draw.one(["a.db", "b.db"])],
    "register export": lambda draw: ["register", "export", *draw.form(("ndjson", "fhir"))],
    "register import": imported,
    "register list": lambda draw: [
        *("register", "list", *draw.today(), *draw.form(), *draw.maybe("--", draw.patient()))
    ],
    "register rename": renamed,
    "register restore": lambda draw: [
        *("register", "restore", draw.file("[ab].db"), *draw.maybe("--force"))
    ],
    "register show": shown("register", "show"),
    "check": checked,
    "protocols list": lambda draw: ["protocols", "list", *draw.form()],
    "protocols show": lambda draw: ["protocols", "show", draw.one([*PROTOCOLS]), *draw.form()],
    "clinic init": lambda draw: ["clinic", "init", "another.toml", *draw.maybe("--force")],
    "clinic show": lambda draw: ["clinic", "show", *draw.form()],
    "schema": lambda draw: ["schema", draw.one(["course", "clinic", "proposal"])],
    "doctor": lambda draw: ["doctor", *draw.form()],
}
"""The words of a call, by the words of a command: so are `commands()` of `support/commands`."""

RARE = ("protocols list", "protocols show", "clinic init", "clinic show", "schema", "doctor")
OFTEN = ("plan", "batch", "reschedule", "publish", "invite", "revise undo")

WEIGHTED: Sequence[str] = [
    *(name for name in CALLS if name not in RARE for _ in range(2)),
    *(name for name in CALLS if name.startswith("revise ")),
    *OFTEN,
    *RARE,
]
"""The commands, each as often as it is drawn."""
