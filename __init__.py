"""Suxin 溯信: a public book of the life of a product and of the courier who carried it."""

__version__ = "0.1.0"
