"""Judging backward passes: which mistake does this one make?

`check` judges a layer of one's own, `check_file` a file, `gradient_check` one gradient, and
`assert_right` is `check` for tests.
"""

from handgrad.checker.api import assert_right, check
from handgrad.checker.files import check_file, check_folder
from handgrad.checker.numeric import GradientCheck, central_differences, gradient_check
from handgrad.checker.verdict import Finding, LayerVerdict, Part, Verdict

__all__ = [
    "Finding",
    "GradientCheck",
    "LayerVerdict",
    "Part",
    "Verdict",
    "assert_right",
    "central_differences",
    "check",
    "check_file",
    "check_folder",
    "gradient_check",
]
