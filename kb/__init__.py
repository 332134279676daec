"""政策文库: find, read and cite Chinese policy documents."""

__version__ = "0.1.1"
