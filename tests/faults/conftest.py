"""The disk that fails."""

from faults.shim import shim as shim
