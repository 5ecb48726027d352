"""The site as a WSGI application, for any WSGI server; `digest serve` uses the same one."""

from digest.app import create_app

app = create_app()
