"""Files that must survive a power cut: written aside, flushed to the disk, renamed, and the folder flushed too.

Source: POSIX rename(2) and fsync(2); the rename is atomic, but durable only with its folder.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file's content, all or nothing; durable when this returns.

    Args:
        path: The file; its folder must exist.
        data: New content.
        mode: Permissions of the new file.

    Raises:
        OSError: The old content stands.
    """
    # Beside the file, so that the rename stays on one file system.
    draft = path.with_name(path.name + ".new")
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(number, "wb") as file:  # noqa: PTH123 - a descriptor, so that the mode holds from the first moment
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, for its owner only, and those above it; once this returns no power cut takes a new one away.

    Raises:
        OSError: It cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        sync_folder(folder.parent)
    except OSError:
        with suppress(OSError):  # else the next try would find it, and take its name for safe
            folder.rmdir()
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename, a new name or a removal in a folder durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
