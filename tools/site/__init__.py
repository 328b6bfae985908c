"""The site: lessons, reference and a pad to draw on, as pages that need no server and no kernel."""
