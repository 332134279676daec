"""Asking the network, with manners: an address → what was answered. Nothing outside knows HTTP."""
