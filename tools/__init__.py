"""What builds, checks and rehearses the project; none of it is installed."""
