"""Widgets that ask the student: predictions, the matching game, the concept test."""
