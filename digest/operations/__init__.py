"""What happens, as verbs that an editor would say; each owns its transaction.

The only room where mail, feeds and storage meet. `db`, `settings`, `now` and the outbox come in as arguments.
Expected outcomes are returned; a Refused is raised where a person asked for what can't be, with the remedy.
"""
