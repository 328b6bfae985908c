"""A class of many students on one JupyterHub, rehearsed: `make class`."""
