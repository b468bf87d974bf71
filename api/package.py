"""An evidence package: one zip with a manifest, that has the same bytes whenever the same is asked of the same checkpoint.

Stored, not compressed: two versions of a compressor need not give the same bytes. Source: docs/formats/package.md.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ..ledger import canonical
from ..ledger.encoding import b64u
from ..ledger.errors import Refused, StoreError, VerificationError
from ..ledger.terms import FAULTS, Count, Hash

MANIFEST: Final = "manifest.json"
CODE: Final = "package-malformed"
PACKAGE_BYTES_MAX: Final = 1 << 31  # a package is one file of a case, not a copy of the book
MANIFEST_BYTES_MAX: Final = 1 << 27
FILES_MAX: Final = 1_000_000
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say: the time of making is no evidence
_MODE: Final = 0o100644 << 16
_PATH = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,79}/){0,3}[a-z0-9][a-z0-9.-]{0,79}")


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a package."""

    bytes: Count
    path: Annotated[str, Meta(max_length=256)]
    sha256: Hash


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """The published state that a package was made from."""

    epoch: Count
    root: Hash
    size: Count
    time: Count


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a package is about, and each of its files but the manifest itself, in order of their paths."""

    checkpoint: State
    files: list[Listed]
    format: Literal["suxin-package"]
    origin: Annotated[str, Meta(max_length=255)]
    query: dict[str, Annotated[str, Meta(max_length=300)]]
    v: Literal[1]


_DECODER = msgspec.json.Decoder(Manifest)


class PackageWriter:
    """Writes one package beside its place and puts it there when it is whole."""

    def __init__(self, path: Path) -> None:
        """Begin a package.

        Raises:
            StoreError: There is a file already, or the folder cannot be written to.
        """
        if path.exists():
            raise StoreError(f"{path} is there already; name a new file")
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._files: dict[str, tuple[int, bytes]] = {}
        self._bytes = 0
        try:
            self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror}") from error

    def add(self, path: str, data: bytes) -> None:
        """Add one file.

        Raises:
            StoreError: The package has grown beyond its bound, or the disk is full.
        """
        assert _PATH.fullmatch(path), path
        assert path not in self._files, path
        self._files[path] = (len(data), sha256(data).digest())
        self._bytes += len(data)
        if self._bytes > PACKAGE_BYTES_MAX or len(self._files) > FILES_MAX:
            raise StoreError("the package would be larger than 2 GiB; ask for less, or take `suxin export --entries`")
        self._write(path, data)

    def close(self, origin: str, state: State, query: Mapping[str, str]) -> bytes:
        """Write the manifest, put the package in its place, and give the manifest's SHA-256.

        Raises:
            StoreError: The disk is full.
        """
        files = [Listed(size, path, b64u(digest)) for path, (size, digest) in sorted(self._files.items())]
        manifest = Manifest(state, files, "suxin-package", origin, dict(query), 1)
        raw = canonical.dump(msgspec.to_builtins(manifest))
        self._write(MANIFEST, raw)
        try:
            self._zip.close()
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
            self._part.replace(self._path)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}") from error
        return sha256(raw).digest()

    def abandon(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            self._zip.close()
        self._part.unlink(missing_ok=True)

    def _write(self, path: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(path, _TIME)
        entry.create_system = 3  # as on Unix, wherever it is made
        entry.external_attr = _MODE
        try:
            self._zip.writestr(entry, data)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}") from error


class PackageReader:
    """Reads a package of anybody: no file is larger, or other, than its manifest says."""

    def __init__(self, path: Path) -> None:
        """Open a package and compare its files with its manifest.

        Raises:
            VerificationError: `package-malformed`, `package-changed`.
            StoreError: The file cannot be read.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be read: {error.strerror}") from error
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise VerificationError(CODE, "this is no zip file") from error
        self._sizes = {info.filename: info.file_size for info in self._zip.infolist()}
        if len(self._sizes) != len(self._zip.infolist()):
            raise VerificationError(CODE, "a path stands there twice")
        self.manifest = _manifest(self._raw(MANIFEST, MANIFEST_BYTES_MAX))
        listed = [file.path for file in self.manifest.files]
        if listed != sorted(set(listed)) or {*listed, MANIFEST} != self._sizes.keys():
            raise VerificationError("package-changed", "the files are not those of the manifest")
        self._files = {file.path: file for file in self.manifest.files}

    def paths(self) -> list[str]:
        """All files but the manifest, in order."""
        return list(self._files)

    def read(self, path: str) -> bytes:
        """One file.

        Raises:
            VerificationError: `package-changed`, or `package-malformed` for a file that is not in the package.
        """
        listed = self._files.get(path)
        if listed is None:
            raise VerificationError(CODE, f"{path} is not in the package")
        if self._sizes[path] != listed.bytes:
            raise VerificationError("package-changed", f"{path} has another size than the manifest says")
        data = self._raw(path, listed.bytes)
        if len(data) != listed.bytes or b64u(sha256(data).digest()) != listed.sha256:
            raise VerificationError("package-changed", f"{path} is not the file of the manifest")
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def _raw(self, path: str, most: int) -> bytes:
        try:
            if self._sizes[path] > most:
                raise VerificationError(CODE, f"{path} is larger than {most} bytes")
            return self._zip.read(path)
        except KeyError as error:
            raise VerificationError(CODE, f"{path} is not in the package") from error
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
            raise VerificationError("package-changed", f"{path} cannot be read") from error


def _manifest(raw: bytes) -> Manifest:
    try:
        canonical.check(raw)
        return _DECODER.decode(raw)
    except Refused as error:
        raise VerificationError(CODE, f"the manifest: {error.cause}") from error
    except FAULTS as error:
        raise VerificationError(CODE, f"the manifest: {error}") from error


def to_json(value: canonical.JsonValue) -> bytes:
    """A value as one line of canonical JSON."""
    return canonical.dump(value) + b"\n"
