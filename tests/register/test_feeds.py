"""The names of feeds in a register: two clerks agree on them, and a kill loses none."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from ketasched.register.feeds import keep_feed_names
from ketasched.register.register import Register
from tests.register.databases import Files, rows
from tests.register.schema1 import make_register
from tests.register.terminal import plan, run
from tests.support.forked import Forked, ketasched
from tests.support.killed import killed_before

TODAY = ("--today", "2027-04-01T09:00")


def names(printed: str) -> set[str]:
    return {one["file"] for one in json.loads(printed)}


def publish(*words: str) -> set[str]:
    return names(run("publish", *words, *TODAY, "--format", "json").stdout)


def at_once(*words: str) -> list[set[str]]:
    """What three clerks print who publish at once, each with the options of the next word."""
    begun = [ketasched("publish", *one.split(), *TODAY, "--format", "json") for one in words]
    printed = [process.communicate(60) for process in begun]
    assert {process.returncode for process in begun} == {0}, printed
    return [names(said) for said, _ in printed]


def test_clerks_who_publish_at_once_agree_on_the_names(book):
    plan("P-1")
    first, *others = at_once("--to out", "--to other", "--to out")
    assert others == [first, first]
    for place in ("out", "other"):
        assert {path.name for path in Path(place).glob("*.ics")} == first


def test_of_clerks_who_rotate_at_once_the_last_one_is_right(book):
    plan("P-1")
    publish("--to", "out")
    found = at_once("--to out --rotate", "--to out --rotate", "--to out --rotate")
    left = {path.name for path in Path("out").glob("*.ics")}
    assert left in found
    assert publish("--to", "out") == left


def test_names_are_kept_for_good_and_a_replaced_one_is_removed_wherever_it_is(book):
    plan("P-1")
    before = publish("--to", "out")
    shutil.copytree("out", "other")
    after = publish("--to", "out", "--rotate")
    assert publish("--to", "other") == after
    assert {path.name for path in Path("other").glob("*.ics")} == after
    assert {name for (name,) in rows(book, "SELECT name FROM feeds")} == before | after


def test_a_backup_has_the_names_too(book):
    plan("P-1")
    found = publish("--to", "out")
    run("register", "backup", "copy.db")
    assert publish("--to", "out", "--register", "copy.db") == found


def test_two_clinics_have_names_of_their_own(book, clinic):
    plan("P-1")
    other = Path(clinic).read_text(encoding="utf-8").replace('"x"', '"y"')
    Path("other.toml").write_text(f'name = "Other"\n{other}', encoding="utf-8")
    plan("P-2", "--clinic", "other.toml")
    one = publish("--to", "out", "--clinic", clinic)
    two = publish("--to", "out", "--clinic", "other.toml")
    assert one.isdisjoint(two)
    assert publish("--to", "out", "--clinic", clinic) == one
    assert {path.name for path in Path("out").glob("*.ics")} == one | two


def test_a_register_of_an_earlier_version_gets_a_place_for_them(address):
    make_register(address)
    register = Register.open(address)
    known = keep_feed_names(register.engine, None, lambda _: {"key": f"{'n' * 32}.ics"})
    assert known == {"key": [f"{'n' * 32}.ics"]}


def test_a_name_that_somebody_wrote_into_the_table_is_no_path(book):
    plan("P-1")
    publish("--to", "out")
    Path("precious.ics").write_text("mine")
    register = Register.open(book)
    first = "SELECT min(name) FROM feeds"
    with register.engine.begin() as connection:
        change = f"UPDATE feeds SET name = '../precious.ics' WHERE name = ({first})"  # noqa: S608
        connection.exec_driver_sql(change)
    said = run("publish", "--to", "out", *TODAY, code=3).stderr
    assert "not the names of feeds" in said
    assert Path("precious.ics").exists()


@pytest.mark.parametrize("rotate", [(), ("--rotate",)], ids=["changed", "rotated"])
def test_whoever_is_killed_anywhere_publishes_again_and_all_is_right(rotate, databases, book):
    if not isinstance(databases, Files):
        pytest.skip("the same steps, and a file can be copied")
    plan("P-1")
    old = publish("--to", "out")
    assert len(old) == 2
    run("revise", "P-1", "defer", "5", "--by", "1", "--reason", "snow", "--register", *TODAY)
    plan("P-2", "--latest-start", "2027-06-30")
    shutil.copytree("out", "before-out")
    shutil.copyfile(book, "before.db")
    number = code = 0
    while number == 0 or code == -signal.SIGKILL:
        number += 1
        shutil.rmtree("out")
        shutil.copytree("before-out", "out")
        for path in Path(book).parent.glob(f"{Path(book).name}*"):
            path.unlink()
        shutil.copyfile("before.db", book)
        process = Forked(killed_before, number, ("publish", "--to", "out", *TODAY, *rotate))
        process.communicate(60)
        code = process.returncode or 0
        assert code in (-signal.SIGKILL, 0)
        found = publish("--to", "out")
        assert {path.name for path in Path("out").iterdir()} == found | {"index.html"}
        assert len(found) == 3
        assert found >= old or (rotate and found.isdisjoint(old))
        fresh = f"fresh-{number}"
        publish("--to", fresh)
        assert contents("out") == contents(fresh)
    assert number > 8


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


ALSO_ON_POSTGRESQL = {
    test_clerks_who_publish_at_once_agree_on_the_names,
    test_of_clerks_who_rotate_at_once_the_last_one_is_right,
    test_names_are_kept_for_good_and_a_replaced_one_is_removed_wherever_it_is,
    test_a_backup_has_the_names_too,
    test_a_register_of_an_earlier_version_gets_a_place_for_them,
}
