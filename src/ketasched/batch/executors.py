"""Executors of chunks: this process, several processes, or a Dask cluster."""

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
from concurrent.futures import wait as wait_for_futures
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from threading import Thread, active_count
from typing import TypeVar

from ketasched.errors import BadRequest, Refused

FEW_COLLECTIONS = (50_000, 20, 100)
"""The thresholds of the garbage collector: courses leave no reference cycles behind."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")

SECONDS_TO_CONNECT = 5
"""How long a Dask scheduler may take to answer."""

SECONDS_FOR_WORKERS = 10
"""How long the first worker of a Dask cluster may take to be there."""

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


class WorkerPool(ProcessPoolExecutor):
    """Processes that Ctrl-C does not reach, not even while they begin."""

    def submit(  # type: ignore[override]  # as `SerialExecutor`
        self, fn: Callable[[Argument], Result], argument: Argument, /
    ) -> Future[Result]:
        """The future of the call."""
        with interrupts_held():
            return super().submit(fn, argument)


class SerialExecutor(Executor):
    """Makes each call at once, in this process."""

    def submit(  # type: ignore[override]  # the standard one takes what it cannot name, too
        self, fn: Callable[[Argument], Result], argument: Argument, /
    ) -> Future[Result]:
        """The future of the call, which is done."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(argument))
        except Exception as error:  # noqa: BLE001 - as every executor: it is raised by `result`
            future.set_exception(error)
        return future


@contextmanager
def processes(jobs: int) -> Iterator[tuple[Executor, int]]:
    """An executor with `jobs` processes (one job: this process), and `jobs`.

    Calls that have not begun when the block is left are cancelled.
    """
    if jobs == 1:
        yield SerialExecutor(), 1
        return
    # Forked workers start faster; but a process with threads cannot be forked safely.
    may_fork = sys.platform == "linux" and active_count() == 1
    context = multiprocessing.get_context("fork" if may_fork else "spawn")
    pool = WorkerPool(jobs, mp_context=context, initializer=_begin_worker)
    thresholds = gc.get_threshold()
    gc.set_threshold(*FEW_COLLECTIONS)
    try:
        yield pool, jobs
    except BrokenExecutor:
        _unblock(pool)
        raise _gone() from None
    finally:
        gc.set_threshold(*thresholds)
        with interrupts_held():
            pool.shutdown(cancel_futures=True)


def _unblock(pool: ProcessPoolExecutor) -> None:
    """End the thread that still feeds the workers, which are gone.

    Before Python 3.11.5 it could hang for ever (python/cpython#94777); later versions do this.
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


class ClusterFuture(Future[Result]):
    """A future of a Dask cluster, which does not outlast the connection to the scheduler.

    `distributed` can wait for ever for a result that it was fetching when the scheduler ended.
    """

    def __init__(self, future: Future[Result], is_connected: Callable[[], bool]) -> None:
        super().__init__()
        self._future, self._is_connected = future, is_connected

    def result(self, timeout: float | None = None) -> Result:
        """The result of the call. Raises `CancelledError` once the scheduler is gone."""
        while timeout is None and not wait_for_futures([self._future], SECONDS_BETWEEN_LOOKS).done:
            if not self._is_connected():
                raise CancelledError
        return self._future.result(timeout)


class ClusterExecutor(Executor):
    """Makes calls on a Dask cluster; `inner` is the executor of `distributed`."""

    def __init__(self, inner: Executor, is_connected: Callable[[], bool]) -> None:
        self._inner, self._is_connected = inner, is_connected

    def submit(  # type: ignore[override]  # the standard one takes what it cannot name, too
        self, fn: Callable[[Argument], Result], argument: Argument, /
    ) -> Future[Result]:
        """The future of the call."""
        return ClusterFuture(self._inner.submit(fn, argument), self._is_connected)


@contextmanager
def dask(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of the Dask cluster at this address, and how many chunks it does at once.

    Raises `BadRequest`.
    """
    try:
        # Imported here because Dask is an extra.
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
    # Errors are reported here; the client would also print tracebacks.
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
            inner = client.get_executor(pure=False)
            # "connecting" while the client tries to reach the scheduler again.
            executor = ClusterExecutor(inner, lambda: client.status in ("running", "connecting"))
            yield executor, max(threads, 1)
        except (KilledWorker, CancelledError, CommClosedError):
            raise _gone() from None


def _gone() -> Refused:
    said = "a process that was at work is gone: killed, or out of memory"
    return Refused(said, next_step="--resume, with fewer --jobs perhaps")
