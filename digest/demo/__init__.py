"""The demo: a believable publication to try Digest with, made by the same operations that a real one uses.

`load` fills an empty database, `remove` takes every row of the demo away and nothing else.
"""

from __future__ import annotations

from digest.demo.loading import Loaded, load
from digest.demo.removing import remove

__all__ = ["Loaded", "load", "remove"]
