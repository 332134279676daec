"""政策文库: find, read and cite Chinese policy documents."""

__version__ = "0.2.0"
