"""Tables that people keep up: names of laws and of bodies."""
