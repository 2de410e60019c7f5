"""A tenant on this machine, for practice and for tests: it says no where the real one would."""
