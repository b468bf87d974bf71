"""A deadline for each request: who sends one byte a minute is cut off instead of holding a connection for ever.

It runs from the first byte (on a new connection, from the connection) until the whole request has come. The answer has all the
time it needs, and between two requests uvicorn's keep-alive counts.
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_S: Final = 120.0  # 8 MiB from a phone with half a megabit a second


class Deadline(HttpToolsProtocol):
    """uvicorn's protocol, which closes a connection that lets a request take longer than REQUEST_S seconds to come."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is there."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._end()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._due is None:
            self._begin()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Its last byte."""
        self._end()
        super().on_message_complete()

    def _begin(self) -> None:
        self._due = self.loop.call_later(REQUEST_S, self.transport.close)

    def _end(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
