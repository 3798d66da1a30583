"""Where tasks are worked on: in this process, in several, or on a Dask cluster. One interface."""

import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from threading import Thread, active_count
from typing import TypeVar

from ketasched.errors import BadRequest, Refused

FEW_COLLECTIONS = (50_000, 20, 100)
"""How rarely the garbage collector looks for cycles: courses leave none behind."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")

SECONDS_TO_CONNECT = 5
"""How long a Dask scheduler may take to answer."""

SECONDS_FOR_WORKERS = 10
"""How long the first worker of a Dask cluster may take to be there."""


class Here(Executor):
    """Works at once, in this process."""

    def submit(  # type: ignore[override]  # the standard one takes what it cannot name, too
        self, fn: Callable[[Argument], Result], argument: Argument, /
    ) -> Future[Result]:
        """The future of a call that is made now."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(argument))
        except Exception as error:  # noqa: BLE001 - as every executor: it is raised by `result`
            future.set_exception(error)
        return future


@contextmanager
def processes(jobs: int) -> Iterator[tuple[Executor, int]]:
    """An executor of so many processes, and how many; with one, this process itself.

    What was not begun when the work is broken off is not begun any more.
    """
    if jobs == 1:
        yield Here(), 1
        return
    # Forked workers need no second start of Python; but threads cannot be forked safely.
    may_fork = sys.platform == "linux" and active_count() == 1
    context = multiprocessing.get_context("fork" if may_fork else "spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin)
    thresholds = gc.get_threshold()
    gc.set_threshold(*FEW_COLLECTIONS)
    try:
        yield pool, jobs
    except BrokenExecutor:
        _unblock(pool)
        raise _gone() from None
    finally:
        gc.set_threshold(*thresholds)
        pool.shutdown(cancel_futures=True)


def _unblock(pool: ProcessPoolExecutor) -> None:
    """Let the thread end that still feeds the workers, who are gone.

    Before 3.11.5 it could hang for ever (python/cpython#94777); this is what Python does since.
    """
    reader = getattr(getattr(pool, "_call_queue", None), "_reader", None)
    if reader is not None:
        with suppress(OSError):
            reader.close()


def _begin() -> None:
    """Begin as a worker: with little to do for the garbage collector, and to end with the parent.

    A worker whose parent is killed would wait for ever. Ctrl-C is for the parent, which lets the
    workers end what they have begun.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is there stays; to look through it again and again takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(*FEW_COLLECTIONS)
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - a worker has one

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def dask(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of the Dask cluster at this address, and how many tasks it works on at once.

    Raises `BadRequest`.
    """
    try:
        # Imported here because only who asks for a cluster has it.
        from distributed import Client, KilledWorker  # noqa: PLC0415
        from distributed.comm import CommClosedError  # noqa: PLC0415
    except ImportError:
        said = "needs the extra that brings Dask"
        raise BadRequest("dask", said, next_step="pip install 'ketasched[dask]'") from None
    if not address:
        said = "expected the address of a scheduler"
        raise BadRequest("dask", said, next_step="--dask tcp://host:8786")
    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        said = f"no Dask scheduler answers at {address}: {error}"
        raise BadRequest("dask", said, next_step="--dask tcp://host:8786") from None
    # What goes wrong is said here, once; it would print tracebacks of its own.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL + 1)
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except TimeoutError:
            said = f"the cluster at {address} has no worker, after {SECONDS_FOR_WORKERS} seconds"
            step = f"dask worker {address}, then try again"
            raise BadRequest("dask", said, next_step=step) from None
        threads = sum(client.nthreads().values())
        try:
            yield client.get_executor(pure=False), max(threads, 1)
        except (KilledWorker, CancelledError, CommClosedError):
            raise _gone() from None


def _gone() -> Refused:
    said = "a process that was at work is gone: killed, or out of memory"
    return Refused(said, next_step="--resume, with fewer --jobs perhaps")
