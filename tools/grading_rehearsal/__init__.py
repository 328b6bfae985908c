"""A class whose exercises nbgrader grades unattended, rehearsed: `make grade`."""
