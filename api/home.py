"""The start page's model: how much stands in the book, and what is worth opening."""

from __future__ import annotations

from .service import Service
from .site import HomePage
from .stories import stories_of


def home_page(service: Service, query: str = "") -> HomePage:
    """The start page.

    Args:
        service: The book.
        query: What was looked up before.
    """
    stories = stories_of(service)
    entries, streams = stories.extent()
    return HomePage(entries, streams, len(stories.couriers()), service.examples, query)
