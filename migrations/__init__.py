"""Schema of the book, step by step: Alembic environment and versions. A published version is never edited."""
