"""handgrad beside its peers, by one command: `make bench`, or `python -m benchmarks --help`."""
