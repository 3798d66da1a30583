"""What some tests need from outside Python: without it they are skipped, in CI they fail."""

import os

import pytest


def needed(is_there: bool, what: str) -> None:
    """Skip the test, saying what is missing, unless it is there; fail where CI is set."""
    if is_there:
        return
    if os.environ.get("CI"):
        pytest.fail(f"missing: {what}")
    pytest.skip(f"missing: {what}")
