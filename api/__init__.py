"""Faces only: HTTP routers, pages and the command line. Holds no rule."""
