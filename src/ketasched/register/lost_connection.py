"""A lost connection: how long the database is waited for, and what is done again after that."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Engine

from ketasched.register.database import reading
from ketasched.register.database_errors import ConnectionLost

Result = TypeVar("Result")

ATTEMPTS = 8
"""How often an entry or a query is tried if other writers or a broken connection interfere."""

SECONDS_TO_COME_BACK, SECONDS_BETWEEN = 20, 0.5
"""How long a lost database is waited for, and the pause between two attempts."""


def wait_for_database(engine: Engine, error: ConnectionLost) -> None:
    """Wait until the database answers again. Raises `error` if it does not."""
    for _ in range(int(SECONDS_TO_COME_BACK / SECONDS_BETWEEN)):
        with suppress(ConnectionLost), reading(engine):
            return
        time.sleep(SECONDS_BETWEEN)
    raise error


def repeat_if_lost(engine: Engine, action: Callable[[], Result]) -> Result:
    """What `action` returns, which is done again if the connection breaks.

    It must not matter whether the action was done before. Raises `ConnectionLost` if the database
    does not come back.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return action()
        except ConnectionLost as error:
            wait_for_database(engine, error)
    return action()
