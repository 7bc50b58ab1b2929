"""How messages are worded."""


def counted(count: int, noun: str) -> str:
    """Write a number with its noun: 1 run, 12 runs, 5,000 digits."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
