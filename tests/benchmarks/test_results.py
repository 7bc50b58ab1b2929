import pytest

from benchmarks import report
from benchmarks.results import read_results, summarize, write_results
from benchmarks.work import Targets, Work


def measured(**times: list[float]) -> dict:
    """Measurements of handgrad, of peers, and of products on so many threads."""
    roles = {"handgrad": "handgrad", "products_1": "limit", "products_2": "limit"}
    return {
        "contenders": {
            name.replace("_", " "): {
                "role": roles.get(name, "peer"),
                "variant": "",
                "samples": [
                    {"seconds": x, "threads": 2 if name == "products_2" else 1} for x in seconds
                ],
            }
            for name, seconds in times.items()
        },
        "left_out": {},
    }


RESULT = summarize(
    measured(
        handgrad=[1.0, 2.0, 3.0],
        torch_eager=[4.0, 4.0, 4.0],
        jax=[2.0, 2.0, 12.0],
        products_1=[1.0, 1.0, 1.0],
        products_2=[0.5, 0.5, 0.5],
    )
)

WORK = Work("example", "an example", (), lambda options: {}, Targets(0.7, 0.4, 5.0))


def test_ratios_are_of_the_same_round_and_the_best_peer_has_the_lowest_median():
    assert RESULT["ratios"]["best peer"] == {"to": "jax", "median": 0.5, "low": 0.25, "high": 1.0}
    assert RESULT["ratios"]["torch eager"]["median"] == 0.5


def test_the_limit_is_the_fastest():
    assert RESULT["ratios"]["limit"]["to"] == "products 2"
    assert RESULT["ratios"]["limit"]["median"] == 4.0


def test_the_table_has_targets_and_last_times_ratios():
    before = summarize(measured(handgrad=[3.0], torch_eager=[4.0], jax=[3.75]))
    last = {"works": {"example": before}, "claims": {}}
    table = report.summary_table([WORK], {"works": {"example": RESULT}, "claims": {}}, last)
    row = [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]
    assert row[:4] == ["example", "2 s (1 to 3)", "jax", "0.50 ≤ 0.70"]
    assert row[4:] == ["0.80", "0.50 **>** 0.40", "0.75", "4.00 ≤ 5.00"]


def test_results_that_were_kept_are_not_shown_as_last_times():
    results = {"works": {"example": RESULT}, "claims": {}}
    assert "last time" not in report.summary_table([WORK], results, results)


def test_how_far_contenders_part_in_the_first_epoch_is_shown():
    both = measured(handgrad=[1.0], jax=[1.0])
    both["contenders"]["handgrad"]["samples"][0]["first_epoch_loss"] = [2.0, 1.5]
    both["contenders"]["jax"]["samples"][0]["first_epoch_loss"] = [2.0, 1.25]
    assert summarize(both)["contenders"]["jax"]["first_epoch_difference"] == 0.25


def test_results_are_remembered(tmp_path):
    results = {"machine": {"cores": "2"}, "works": {"example": RESULT}, "claims": {}}
    write_results(tmp_path / "results.json", results)
    assert read_results(tmp_path / "results.json") == results


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.5 s (2.5 to 2.5)"), (0.0034, "3.4 ms (3.4 to 3.4)"), (2e-5, "20 µs (20 to 20)")],
)
def test_times_have_a_fitting_unit(seconds, text):
    assert report.seconds_with_spread([seconds]) == text
