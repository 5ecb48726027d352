"""The site as a WSGI application, for any WSGI server; `digest serve` uses the same one."""

from digest.cli.running.site import make_site

app = make_site()
