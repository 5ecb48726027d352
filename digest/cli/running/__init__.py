"""`serve`, `scheduler`, `db`, `demo`: the installation and its processes."""
