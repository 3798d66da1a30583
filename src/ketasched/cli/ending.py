"""How a command ends before its time: by an error, by Ctrl-C, or because its output is gone."""

import errno
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from time import monotonic
from types import FrameType

import click

from ketasched.cli.anonymity import anonymous_usage
from ketasched.cli.hints import usage_step
from ketasched.cli.output import (
    CUT_OFF,
    INTERRUPTED,
    discard_output,
    done_so_far,
    report,
    report_bug,
    say,
)
from ketasched.errors import KetaschedError, Refused

SECONDS_TO_STOP = 2
"""How long a command may take to close what it has open before Ctrl-C ends it at once."""


LOOK = "look at what is there, before it is done twice"
"""What to do after a command that has changed something and could not say so."""


OUT_OF_REACH = frozenset((errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG))
"""The errors of a place at which nothing can be written, however much room there is."""


@contextmanager
def stopped_once() -> Iterator[None]:
    """Let Ctrl-C stop the block once: what it then undoes and closes is not stopped again.

    Pressed again after `SECONDS_TO_STOP`, Ctrl-C ends the process at once, as a kill does.
    """
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not is_ours or current_thread() is not main_thread():
        yield  # whoever started us ignores Ctrl-C, or handles it
        return
    pressed: list[float] = []

    def stop(_number: int, _frame: FrameType | None) -> None:
        pressed.append(monotonic())
        if len(pressed) == 1:
            raise KeyboardInterrupt
        if pressed[-1] - pressed[0] > SECONDS_TO_STOP:
            os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if not pressed:  # else also the interpreter closes in peace
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def exit_code_of_errors() -> Iterator[None]:
    """Report what the block raises, and raise `click.exceptions.Exit` with its exit code."""
    try:
        yield
    except KetaschedError as error:
        report(error)
        raise click.exceptions.Exit(error.exit_code) from None
    except OSError as error:
        raise click.exceptions.Exit(_output_failed(error)) from None
    except KeyboardInterrupt:
        done = done_so_far()
        say("error", f"stopped; {done}" if done else "stopped")
        say("try", LOOK if done else "the same again")
        raise click.exceptions.Exit(INTERRUPTED) from None
    except click.UsageError as error:
        with suppress(OSError):  # where nothing can be said, the exit code still tells
            anonymous_usage(error).show()
            if step := usage_step(error):
                say("try", step)
        raise click.exceptions.Exit(error.exit_code) from None
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - a bug of ours is said on one line
        report_bug(error)
        raise click.exceptions.Exit(KetaschedError.exit_code) from None


def _output_failed(error: OSError) -> int:
    """Say why the output cannot be written, and what was done before; return the exit code.

    Nothing is said if its reader has stopped reading, as `head` does.
    """
    discard_output()
    if error.errno == errno.EPIPE:
        return CUT_OFF
    done = done_so_far()
    what = f"{error.filename or 'the output'}: cannot be written: {error.strerror}"
    is_out_of_reach = error.errno in OUT_OF_REACH
    step = "another place, one of yours" if is_out_of_reach else "make room, or write elsewhere"
    report(Refused(f"{what}; {done}" if done else what, next_step=LOOK if done else step))
    return Refused.exit_code
