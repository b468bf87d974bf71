"""Private keys of a server, one small file each, readable by their owner only: the log's key and the root key."""

from __future__ import annotations

import os
from pathlib import Path

from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import StoreError, VerificationError
from ..ledger.keys import SEED_SIZE, SigningKey
from ..ledger.store.files import make_folder, replace_file


def load_key(path: Path) -> SigningKey:
    """Read a key file.

    Raises:
        StoreError: no such file, or not a key.
    """
    try:
        return SigningKey(unb64u(path.read_text("ascii").strip(), SEED_SIZE))
    except (OSError, UnicodeError, VerificationError) as error:
        raise StoreError(f"the key file {path.name} cannot be read: {error}") from error


def make_key(path: Path) -> SigningKey:
    """Make a key and store it before anything is signed with it; an existing file is never replaced.

    Raises:
        StoreError: the file is there already.
    """
    if path.exists():
        raise StoreError(f"the key file {path.name} is there already")
    make_folder(path.parent)
    seed = os.urandom(SEED_SIZE)
    replace_file(path, (b64u(seed) + "\n").encode("ascii"), mode=0o600)
    return SigningKey(seed)
