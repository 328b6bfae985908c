"""A notebook in a real browser, driven and read: what browser tests and benchmarks share."""
