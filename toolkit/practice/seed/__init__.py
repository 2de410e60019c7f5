"""What the practice tenant is filled with when it is made."""

from toolkit.practice.seed.university import fill, plant

__all__ = ["fill", "plant"]
