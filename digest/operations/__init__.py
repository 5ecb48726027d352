"""What happens, as verbs that an editor would say.

The only room where mail, feeds and storage meet. `db`, `settings`, `now` and the outbox come in as arguments.
A function that takes `db` owns its transactions. One that takes a `session` works in its caller's; where both forms
exist, its name ends in `_in`. Expected outcomes are returned; a Refused is raised where a person asked for what can't
be, with the remedy.
"""
