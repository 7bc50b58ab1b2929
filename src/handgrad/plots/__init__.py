"""Every picture: functions that take results and return a matplotlib Figure.

A user's matplotlibrc changes none of them: see `style`.
"""
