"""Alembic migrations of the book's tables. Part of the wheel, so that `suxin migrate` works anywhere."""
