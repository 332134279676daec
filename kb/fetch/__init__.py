"""Going to the sites: the network with manners, and what each family of sites offers."""
