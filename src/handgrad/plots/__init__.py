"""Every picture: functions that take results and return a matplotlib Figure."""
