"""Judging backward passes: is this gradient right?"""

from handgrad.checker.numeric import GradientCheck, central_differences, gradient_check

__all__ = ["GradientCheck", "central_differences", "gradient_check"]
