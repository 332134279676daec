"""What families of sites share: what a list offers, how its pages are read, and how the next one is found."""
