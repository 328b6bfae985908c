"""Explorers that test what a heatmap shows: what is erased, what is random."""
