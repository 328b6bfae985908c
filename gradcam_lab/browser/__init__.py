"""What runs in the browser: each widget's Python half and, beside it, its JavaScript half."""
