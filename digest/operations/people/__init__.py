"""Editors: their logins, passwords and rights.

Ask `logins` to invite, promote or deactivate, `signing_in` to let somebody in. It may ask messages, for the links that
it mails.
"""
