"""Telling somebody about a contradiction: its file, posted as it is kept. Source: docs/guide/outside.md."""

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
            try:
                answer = httpx.post(
                    self._url, content=file.read_bytes(), headers={"content-type": "application/json"}, timeout=TIMEOUT_S
                )
            except httpx.HTTPError as error:
                words = f"the webhook does not answer: {type(error).__name__}"
                continue
            if answer.status_code < _FAILED:
                return ""
            words = f"the webhook answers {answer.status_code}"
        return words
