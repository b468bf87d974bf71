"""Telling somebody at an address of his: a contradiction's file as it is kept, or a push about a company's file.

Source: docs/guide/outside.md, docs/formats/push.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from ..ledger.errors import StoreError

TIMEOUT_S: Final = 10.0
TRIES: Final = 5
PAUSE_S: Final = 1.0  # doubled after each failure
_FAILED: Final = 300


class Webhook:
    """One address that wants to know.

    Args:
        url: Gets each file by POST.
        sleep: Waits that many seconds.

    Raises:
        StoreError: Not an address.
    """

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        try:
            good = httpx.URL(url).scheme in ("http", "https") and bool(httpx.URL(url).host)
        except httpx.InvalidURL:
            good = False
        if not good:
            raise StoreError(f"{url!r} is no address of a webhook; write it as https://host/path")
        self._url = url
        self._sleep = sleep

    def tell(self, file: Path) -> str:
        """Post one file, a few times if need be.

        Returns:
            "" once it was taken; else why not, in words.
        """
        words, pause = "", PAUSE_S
        for attempt in range(TRIES):
            if attempt:
                self._sleep(pause)
                pause *= 2
            words = self.post(file.read_bytes())
            if not words:
                break
        return words

    def post(self, content: bytes) -> str:
        """Post some JSON once, and follow nobody to another address.

        Returns:
            "" once it was taken; else why not, in words.
        """
        try:
            answer = httpx.post(self._url, content=content, headers={"content-type": "application/json"}, timeout=TIMEOUT_S)
        except httpx.HTTPError as error:
            return f"the webhook does not answer: {type(error).__name__}"
        return "" if answer.status_code < _FAILED else f"the webhook answers {answer.status_code}"
