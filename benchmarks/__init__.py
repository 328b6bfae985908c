"""What the package's speed and memory are measured with; none of it is installed."""
