"""Who works on chunks: this process, several processes, or a Dask cluster."""

import gc
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for_futures
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import wait
from threading import Thread, active_count
from typing import TYPE_CHECKING

from ketasched.batch.jobs import Chunk
from ketasched.batch.records import RowResult
from ketasched.batch.worker import work
from ketasched.errors import BadRequest, Refused

if TYPE_CHECKING:
    from distributed import Client

FEW_COLLECTIONS = (50_000, 20, 100)
"""The thresholds of the garbage collector: courses leave no reference cycles behind."""

Results = Callable[[], list[RowResult]]
"""Waits for the results of a chunk, and raises what the work has raised."""

Submit = Callable[[Chunk], Results]
"""Begins the work on a chunk."""

SECONDS_TO_CONNECT = 5
"""How long a Dask scheduler may take to answer."""

SECONDS_FOR_WORKERS = 10
"""How long the first worker of a Dask cluster may take to be there."""

NO_MESSAGES_KEPT = {"distributed.admin.low-level-log-length": 0}
"""Dask keeps the last 1,000 messages for its developers, and each has the rows of a chunk."""

SECONDS_BETWEEN_LOOKS = 1
"""How often a run looks whether the scheduler of a Dask cluster is still there."""


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back in the block, which leaves a lock or a process half begun otherwise.

    Threads and processes that the block begins never get it: it is left to the main thread.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work_now(chunk: Chunk) -> Results:
    """Do the work at once, in this process."""
    future: Future[list[RowResult]] = Future()
    try:
        future.set_result(work(chunk))
    except Exception as error:  # noqa: BLE001 - as in another process: `Results` raises it
        future.set_exception(error)
    return future.result


@contextmanager
def processes(jobs: int) -> Iterator[tuple[Submit, int]]:
    """The work in `jobs` processes (one job: this process), and `jobs`.

    Work that has not begun when the block is left is cancelled.
    """
    if jobs == 1:
        yield work_now, 1
        return
    # Forked workers start faster; but a process with threads cannot be forked safely.
    may_fork = sys.platform == "linux" and active_count() == 1
    context = multiprocessing.get_context("fork" if may_fork else "spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin_worker)

    def submit(chunk: Chunk) -> Results:
        # Processes begin here, and Ctrl-C is not to reach them even then.
        with interrupts_held():
            return pool.submit(work, chunk).result

    thresholds = gc.get_threshold()
    gc.set_threshold(*FEW_COLLECTIONS)
    try:
        yield submit, jobs
    except BrokenExecutor:
        if sys.version_info < (3, 11, 5):
            _unblock(pool)
        raise _gone() from None
    finally:
        gc.set_threshold(*thresholds)
        with interrupts_held():
            pool.shutdown(cancel_futures=True)


def _unblock(pool: ProcessPoolExecutor) -> None:
    """End the thread that still feeds the workers, which are gone.

    Before Python 3.11.5 it could hang for ever (python/cpython#94777); later versions do this, and
    fail if the reader is closed already.
    """
    reader = getattr(getattr(pool, "_call_queue", None), "_reader", None)
    if reader is not None:
        with suppress(OSError):
            reader.close()


def _begin_worker() -> None:
    """Initialise a worker process, which ends when its parent is killed.

    Ctrl-C is left to the parent, which lets the workers finish what they have begun.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The objects of the parent stay; to traverse them again and again takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(*FEW_COLLECTIONS)
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - a worker has one

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def dask(address: str) -> Iterator[tuple[Submit, int]]:
    """The work on the Dask cluster at this address, and how many chunks it does at once.

    Raises `BadRequest`.
    """
    try:
        # Imported here because Dask is an extra.
        from dask import config  # noqa: PLC0415
        from distributed import KilledWorker  # noqa: PLC0415
        from distributed.comm import CommClosedError  # noqa: PLC0415
    except ImportError:
        said = "needs the extra that brings Dask"
        raise BadRequest("dask", said, next_step="pip install 'ketasched[dask]'") from None
    if not address:
        said = "expected the address of a scheduler"
        raise BadRequest("dask", said, next_step="--dask tcp://host:8786")
    with config.set(NO_MESSAGES_KEPT), _client(address) as client:
        try:
            client.wait_for_workers(1, timeout=SECONDS_FOR_WORKERS)
        except TimeoutError:
            said = f"the cluster at {address} has no worker, after {SECONDS_FOR_WORKERS} seconds"
            step = f"start a worker, then try again: dask worker {address}"
            raise BadRequest("dask", said, next_step=step) from None
        threads = sum(client.nthreads().values())
        executor = client.get_executor(pure=False)

        def submit(chunk: Chunk) -> Results:
            return partial(_fetch, executor.submit(work, chunk), client)

        try:
            yield submit, max(threads, 1)
        except KilledWorker:
            raise _gone() from None
        except (CancelledError, CommClosedError):
            said = f"the scheduler at {address} is lost, or the connection to it"
            raise Refused(said, next_step="when it answers again: --resume") from None


def _client(address: str) -> "Client":
    """A client of the Dask cluster at this address. Raises `BadRequest`."""
    from distributed import Client  # noqa: PLC0415 - Dask is an extra

    try:
        client = Client(address, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        said = f"no Dask scheduler answers at {address}: {error}"
        raise BadRequest("dask", said, next_step="--dask tcp://host:8786") from None
    # Errors are reported here; the client would also print tracebacks.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL + 1)
    return client


def _fetch(future: Future[list[RowResult]], client: "Client") -> list[RowResult]:
    """The results from a Dask cluster. Raises `CancelledError` once the scheduler is gone.

    `distributed` can wait for ever for a result that it was fetching when the scheduler ended.
    """
    while not wait_for_futures([future], SECONDS_BETWEEN_LOOKS).done:
        # "connecting" while the client tries to reach the scheduler again.
        if client.status not in ("running", "connecting"):
            raise CancelledError
    return future.result()


def _gone() -> Refused:
    said = "a process that was at work is gone: killed, or out of memory"
    return Refused(said, next_step="perhaps with fewer --jobs: --resume")
