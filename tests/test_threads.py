import os

from threadpoolctl import threadpool_info, threadpool_limits

from handgrad import Hyperparameters, Training, threads


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_the_number_is_limited_within_the_block_and_restored_after_it():
    with threadpool_limits(2):
        with threads.limited(1):
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {2}


def test_small_networks_get_one_thread_and_wide_ones_every_core(few, monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 8)
    assert Training(*few).threads == 1
    wide = {"hidden_dim": 512, "num_layers": 3}
    assert Training(*few, Hyperparameters(**wide)).threads == 8
    assert Training(*few, Hyperparameters(**wide, threads=2)).threads == 2


def test_only_the_cores_that_the_process_may_use_are_counted():
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        try:
            os.sched_setaffinity(0, {min(allowed)})
            assert threads.available_cores() == 1
        finally:
            os.sched_setaffinity(0, allowed)
