"""The browser's half of explorers: the engine, pictures and words in JavaScript."""
