"""Clerks who share a few sessions of the server book at once, are killed, and are cut off."""

from tests.register.clerks import Clerk
from tests.register.inspection import inspected, none_is_lost, refusals_are_right
from tests.register.pooler import SESSIONS
from tests.support.crashes import until
from tests.support.forked import Forked


def done(process: Forked) -> None:
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said


def looked_at(address: str, clerks: list[Clerk]) -> None:
    outcomes = none_is_lost(address, clerks)
    assert inspected(address)["courses"] == outcomes["booked"] == clerks[0].total
    refusals_are_right(address, clerks)


def test_sixteen_clerks_share_four_sessions_and_one_is_killed(server, pooler, tmp_path):
    address = server.new()
    clerks = [Clerk(number, 2, 32, pooler.through(address), tmp_path) for number in range(16)]
    at_work = [clerk.begun() for clerk in clerks]
    until(clerks[0].path.exists)
    at_work[0].kill()
    at_work[0].wait()
    at_work[0] = clerks[0].begun()
    for process in at_work:
        done(process)
    looked_at(address, clerks)
    assert 1 < pooler.sessions(address) <= SESSIONS


def test_nothing_is_lost_while_the_pooler_and_the_server_behind_it_are_restarted(
    server, pooler, tmp_path
):
    address = server.new()
    clerks = [Clerk(number, 4, 16, pooler.through(address), tmp_path) for number in range(4)]
    at_work = [clerk.begun() for clerk in clerks]
    until(lambda: all(clerk.path.exists() for clerk in clerks))
    until(lambda: any(clerk.did() for clerk in clerks))
    pooler.restart()
    until(lambda: sum(len(clerk.did()) for clerk in clerks) > len(clerks))
    server.restart()
    for process in at_work:
        done(process)
    looked_at(address, clerks)
