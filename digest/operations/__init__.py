"""What happens, as verbs that an editor would say.

The only room where mail, feeds and storage meet. Database, settings, moment and transport come in as arguments
(`shared.context`). A function that takes a Context or a database owns its transactions; one that takes Work or a
session is part of its caller's. Expected outcomes are returned; a Refused is raised where a person asked for what
can't be, with the remedy.
"""
