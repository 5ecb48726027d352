"""How connections are served: a gunicorn worker that waits for slow peers without holding a thread for them.

`worker` is what `digest serve` names to gunicorn, `limits` what a peer is given, `crowd` who is connected and who gives
way, `line` whose request a thread takes next, `connection` one peer, whose bytes wait in a `spool`. Nothing here knows
the site's pages.
"""
