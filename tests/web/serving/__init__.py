"""How connections are served: gunicorn with our worker, on a site of a few lines, talked to byte by byte."""
