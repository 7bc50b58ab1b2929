"""What handgrad says of itself alone, each claim a module of its own."""
