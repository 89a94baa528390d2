"""Steps in processes."""

import time
from functools import partial
from multiprocessing import active_children

from airtraffic.forecasting.workers import each_done


def test_processes_give_what_one_gives_by_itself():
    jobs = {("power", n): partial(pow, 2, n) for n in range(4)}
    alone = dict(each_done(jobs, workers=1))
    assert dict(each_done(jobs, workers=2)) == alone == {("power", n): 2**n for n in range(4)}


def test_a_training_that_is_cancelled_leaves_no_process_at_work():
    jobs = {("sleep", n): partial(time.sleep, 0 if n == 0 else 60) for n in range(4)}
    began, results = time.monotonic(), each_done(jobs, workers=2)
    assert next(results)[0] == ("sleep", 0)
    results.close()
    assert time.monotonic() - began < 30
    assert active_children() == []
