"""The text of a table that somebody saved with a spreadsheet: UTF-8, or what spreadsheets in China save. Pure."""

from __future__ import annotations


def table_text(raw: bytes) -> str:
    """The text of a CSV file in UTF-8, with or without byte order mark, else in GB 18030, which contains GBK and GB 2312.

    Bytes that are UTF-8 are taken as such: a text in Chinese of more than a few signs is never both.

    Raises:
        UnicodeError: It is in neither.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")
