import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from handgrad.report.student import holm, two_sided_p, two_sided_quantile

FREEDOM = st.integers(1, 200)


@given(t=st.floats(-1e3, 1e3), freedom=FREEDOM)
def test_the_p_value_is_scipys(t, freedom):
    assert two_sided_p(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), abs=1e-13)


@given(p=st.floats(1e-6, 1), freedom=FREEDOM)
def test_the_quantile_is_scipys(p, freedom):
    assert two_sided_quantile(p, freedom) == pytest.approx(
        stats.t.isf(p / 2, freedom), rel=1e-6, abs=1e-9
    )


def test_holm_adjusts_the_smallest_for_all_and_the_next_for_one_less():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=9))
def test_holm_keeps_the_order_and_lies_between_each_and_bonferroni(p_values):
    adjusted = holm(p_values)
    for p, q in zip(p_values, adjusted, strict=True):
        assert p <= q <= min(1, len(p_values) * p)
    ranked = sorted(zip(p_values, adjusted, strict=True))
    assert [q for _, q in ranked] == sorted(adjusted)
