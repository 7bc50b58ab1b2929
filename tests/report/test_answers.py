"""Sentences from claims and figures."""

from handgrad.report.answers import answers, lead, summary
from handgrad.studies import Claim
from handgrad.studies.claims import Verdict
from handgrad.studies.results import Result

NAN = float("nan")


def verdict(says, value, above=0.5):
    claim = Claim(
        question="q",
        says=says,
        runs=("r",),
        quantity="final_accuracy",
        above=above,
        because="reasons",
    )
    return Verdict(claim, {"r": value}, value)


def test_the_summary_counts():
    held, missed, unknown = verdict("a", 0.9), verdict("b", 0.1), verdict("c", NAN)
    assert summary([held]) == "Of 1 statement held against these runs, 1 holds."
    assert summary([held, held, missed]).endswith("2 hold and 1 does not hold.")
    assert summary([held, missed, missed, unknown]).endswith(
        "1 holds, 2 do not hold and 1 could not be measured."
    )
    assert summary([]) == ""


def test_statements_about_one_thing_stand_together():
    found = answers(
        [verdict("step 5: fast", 0.9), verdict("spread", 0.9), verdict("step 5: jumpy", 0.1)]
    )
    assert [each["subject"] for each in found] == ["Step 5", ""]
    fast, jumpy = found[0]["statements"]
    assert fast["says"] == "Fast"
    assert fast["figures"] == "the validation accuracy after the last epoch: 90.0%"
    assert jumpy["result"] == "does not hold"
    assert jumpy["figures"].endswith(": 10.0%, where above 50.0% was expected")


def test_what_was_not_measured_is_said_to_be_so():
    [found] = answers([verdict("fast", NAN)])
    [statement] = found["statements"]
    assert statement["result"] == "not measured"
    assert statement["figures"].endswith("could not be measured")


def test_a_symbol_at_the_beginning_stays_small():
    [found] = answers([verdict("σ′ vanishes", 0.9)])
    assert found["statements"][0]["says"] == "σ′ vanishes"


def test_the_lead_names_best_worst_diverged_and_failed():
    results = [
        Result("low", "finished", validation_accuracy=0.1),
        Result("high", "finished", validation_accuracy=0.9),
        Result("wild", "diverged"),
        Result("huge", "failed", problem="out of memory"),
        Result("wide", "failed", problem="out of memory"),
        Result("odd", "failed"),
    ]
    assert lead(results) == (
        "The run high ends with the highest validation accuracy, 90.0%, and low with the lowest, "
        "10.0%. Diverged, its loss being no longer finite: wild. Failed (out of memory): huge and "
        "wide. Failed: odd."
    )
    assert lead(results[:1]) == ("The run low ends with the highest validation accuracy, 10.0%.")


def test_of_runs_that_end_alike_the_lead_names_the_one_with_the_least_loss():
    results = [
        Result(name, "finished", validation_accuracy=0.9, validation_loss=loss)
        for name, loss in (("first", 0.2), ("second", 0.1))
    ]
    assert lead(results).startswith("The run second ends with the highest")
