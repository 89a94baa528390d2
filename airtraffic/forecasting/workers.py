"""Independent steps in several processes, where that is worth it."""

import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)


def each_done(jobs: Mapping[Key, Callable[[], Any]], workers: int) -> Iterator[tuple[Key, Any]]:
    """The result of every job as it is there; in order with one worker, which is this process.

    Whoever stops early, or is interrupted, leaves no process behind.
    """
    if workers <= 1 or len(jobs) <= 1:
        with _one_thread():
            for key, job in jobs.items():
                yield key, job()
        return
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import active_children, get_context

    # A fork would copy the locks of Polars' threads as they are; AutoETS holds Python's lock, so threads wait.
    pool = ProcessPoolExecutor(min(workers, len(jobs)), get_context("spawn"), initializer=_begin)
    others, whole = set(active_children()), False
    try:
        waiting = {pool.submit(job): key for key, job in jobs.items()}
        for each in as_completed(waiting):
            yield waiting[each], each.result()
        whole = True
    finally:
        if not whole:
            # A run that is cancelled would wait a minute for what its processes are at.
            for process in set(active_children()) - others:
                process.terminate()
        pool.shutdown(cancel_futures=True)


def _one_thread():
    """Linear algebra on one thread: the same rounding on any number of cores, and none waits for another."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


def _begin() -> None:
    """Let a process of a killed run end with it, which by itself would wait for work for ever."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait
    from threading import Thread

    _one_thread()

    def watch() -> None:
        wait([parent_process().sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()
