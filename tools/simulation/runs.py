"""Runs of a year: one for each number of chairs and each policy."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.simulation.clinic import ClinicFile, news_of
from tools.simulation.measures import Measures, measure
from tools.simulation.nearest_day import NearestDay
from tools.simulation.patients import patients_of
from tools.simulation.whole_courses import WholeCourses
from tools.simulation.year import RUN_OUT_WEEKS, Year

POLICIES = (WholeCourses.name, NearestDay.name)


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run is of: so many chairs and weeks, a policy by its name, and a seed.

    `run_out` are the weeks after the last call.
    """

    chairs: int
    policy: str
    weeks: int
    seed: int
    run_out: int = RUN_OUT_WEEKS


@dataclass(frozen=True, slots=True)
class Result:
    """The measures of a run, and what its policy counted besides."""

    setting: Setting
    measures: Measures
    counts: Mapping[str, int]


def run(setting: Setting) -> Result:
    """Live through a year. Raises `InspectionFailed`."""
    with tempfile.TemporaryDirectory() as folder:
        return run_in(Path(folder), setting)


def run_in(folder: Path, setting: Setting) -> Result:
    """The same, with the files in a folder."""
    chairs, weeks, seed = setting.chairs, setting.weeks, setting.seed
    clinic = ClinicFile(folder / "clinic.toml", chairs)
    policy = (
        WholeCourses(folder, clinic, seed)
        if setting.policy == WholeCourses.name
        else NearestDay(folder, clinic)
    )
    try:
        patients = patients_of(seed, chairs, weeks)
        year = Year(policy, clinic, patients, news_of(seed, chairs, weeks), weeks, setting.run_out)
        year.run()
        measures = measure(policy.bookings, patients, clinic, year.withdrawn, weeks)
    finally:
        policy.close()
    return Result(setting, measures, dict(sorted(policy.counts.items())))
