"""Explorers: state and wiring in Python; what is drawn in the browser, in a file beside it."""
