"""Private keys of a server, one small file each, readable by their owner only: the log's keys and the root key."""

from __future__ import annotations

import os
from pathlib import Path

from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import StoreError, VerificationError
from ..ledger.keys import SEED_SIZE, SigningKey, key_id
from ..ledger.store.files import make_folder, replace_file


def load_key(path: Path) -> SigningKey:
    """Read a key file.

    Raises:
        StoreError: no such file, or not a key.
    """
    try:
        return SigningKey(unb64u(path.read_text("ascii").strip(), SEED_SIZE))
    except OSError as error:
        raise StoreError(f"the key file {path} cannot be read: {error.strerror}") from error
    except (UnicodeError, VerificationError) as error:
        raise StoreError(f"{path} is no key file: one line of 43 characters, as `suxin key new` writes it") from error


def make_key(path: Path) -> SigningKey:
    """Make a key and store it before anything is signed with it; an existing file is never replaced.

    Raises:
        StoreError: the file is there already.
    """
    if path.exists():
        raise StoreError(f"the key file {path} is there already")
    make_folder(path.parent)
    seed = os.urandom(SEED_SIZE)
    replace_file(path, (b64u(seed) + "\n").encode("ascii"), mode=0o600)
    return SigningKey(seed)


def log_key_file(folder: Path, public: bytes) -> Path:
    """Where a later key of the log lies; the first one lies in `log.key`."""
    return folder / f"log-{b64u(key_id(public))[:8]}.key"


def load_log_keys(folder: Path) -> list[SigningKey]:
    """The log's signing keys at hand, in no order that means anything; which of them signs, the log says.

    Raises:
        StoreError: There is none, or a file is not a key.
    """
    found = sorted(folder.glob("log*.key"))
    if not found:
        raise StoreError(f"the key file log.key is missing in {folder}")
    return [load_key(path) for path in found]


def make_log_key(folder: Path) -> SigningKey:
    """Make another key of the log and store it; it signs nothing until the log names it."""
    seed = os.urandom(SEED_SIZE)
    key = SigningKey(seed)
    replace_file(log_key_file(folder, key.public), (b64u(seed) + "\n").encode("ascii"), mode=0o600)
    return key
