import pytest

from benchmarks import rounds
from benchmarks.work import Claim, Contender, Variant, Work


def program(body: str) -> tuple[str, ...]:
    return ("-c", f"import json, os, sys\nsettings = json.loads(sys.argv[1])\n{body}")


PRINT_SECONDS = program("print(json.dumps({'seconds': settings['seconds']}))")


def work(*contenders: Contender, **more) -> Work:
    return Work("example", "an example", contenders, prepare=lambda options: {}, **more)


def test_contenders_take_turns():
    said: list[str] = []
    both = work(Contender("A", "handgrad", PRINT_SECONDS), Contender("B", "peer", PRINT_SECONDS))
    measured = rounds.measure(both, {"seconds": 1.0}, 2, said.append)
    assert [line.split(", ")[1:] for line in said if "round" in line] == [
        ["round 1", "A: 1 s"],
        ["round 1", "B: 1 s"],
        ["round 2", "A: 1 s"],
        ["round 2", "B: 1 s"],
    ]
    assert [len(one["samples"]) for one in measured["contenders"].values()] == [2, 2]


def test_the_fastest_way_is_kept_and_then_measured_on_the_whole_work():
    ways = (Variant("slow", {"factor": 2}), Variant("fast", {"factor": 1}))
    body = "print(json.dumps({'seconds': settings['factor'] * settings['epochs']}))"
    measured = rounds.measure(
        work(Contender("A", "peer", program(body), ways), trial={"epochs": 1}),
        {"epochs": 10},
        1,
        lambda line: None,
    )
    assert measured["contenders"]["A"]["variant"] == "fast"
    assert [s["seconds"] for s in measured["contenders"]["A"]["samples"]] == [10]


@pytest.mark.parametrize(("seconds", "takes_part"), [(0.5, True), (2.0, False)])
def test_a_contender_may_be_wanted_only_where_it_helps(seconds, takes_part):
    B = Contender(
        "B", "peer", PRINT_SECONDS, (Variant("", {"seconds": seconds}),), only_if_faster_than="A"
    )
    measured = rounds.measure(
        work(Contender("A", "peer", PRINT_SECONDS), B), {"seconds": 1.0}, 1, lambda line: None
    )
    assert ("B" in measured["contenders"]) is takes_part
    assert ("B" in measured["left_out"]) is not takes_part


def test_a_contender_that_fails_is_left_out_with_its_last_line():
    failing = Contender("B", "peer", program("raise ImportError('no such peer')"))
    measured = rounds.measure(
        work(Contender("A", "handgrad", PRINT_SECONDS), failing),
        {"seconds": 1.0},
        1,
        lambda line: None,
    )
    assert list(measured["contenders"]) == ["A"]
    assert measured["left_out"] == {"B": "failed: ImportError: no such peer"}


def test_a_process_that_does_not_time_itself_is_timed_until_its_line():
    slow = program("import time; time.sleep(0.2); print('{}', flush=True); time.sleep(0.4)")
    assert rounds.run_process(slow, {})["seconds"] > 0.2
    assert rounds.run_process(PRINT_SECONDS, {"seconds": 3})["seconds"] == 3


def test_a_process_that_does_not_end_is_given_up(monkeypatch):
    monkeypatch.setattr(rounds, "TIMEOUT", 0.3)
    with pytest.raises(rounds.ContenderError, match=r"not done after 0\.3 s"):
        rounds.run_process(program("import time; time.sleep(60)"), {})


def test_contenders_choose_their_own_threads_and_kernels(monkeypatch):
    for name in rounds.UNSET:
        monkeypatch.setenv(name, "1")
    found = rounds.run_process(program("print(json.dumps(dict(os.environ)))"), {})
    assert not set(rounds.UNSET) & set(found)


def test_a_claim_is_a_number_from_two_processes_of_each_round():
    claim = Claim(
        "example",
        "an example",
        PRINT_SECONDS,
        first={"seconds": 3.0},
        second={"seconds": 2.0},
        prepare=lambda options: {},
        number=lambda first, second: first["seconds"] / second["seconds"],
        at_most=2.0,
    )
    assert rounds.measure_claim(claim, {}, 3, lambda line: None) == [1.5] * 3
