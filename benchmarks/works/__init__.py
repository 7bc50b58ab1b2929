"""The works, each a module of its own."""
