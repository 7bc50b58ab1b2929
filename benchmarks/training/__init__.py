"""Whole training runs: the problem, and a module for each contender that solves it."""
