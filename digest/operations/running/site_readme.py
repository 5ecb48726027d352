"""The page that lies in an exported site and explains it, to somebody who has nothing but the folder."""

from __future__ import annotations

from digest.operations.running.site_rows import EMPTIED, LEFT_OUT

_PAGE = """# A site of Digest

This folder is one whole site: its readers, its archive, its issues and where every copy of them went. It holds
addresses, and secrets that readers' links are made of: keep it as safe as the site itself.

| file | is |
|---|---|
| `manifest.json` | the count of rows of each table, the SHA-256 of each file, the database's last migration |
| `tables/*.jsonl` | every row of every table, one JSON object a line, in the order of their keys: all there is |
| `subscribers.csv` | the readers, as `digest subscribers export` writes them |
| `suppressions.csv` | addresses never to be mailed, hashed, as `digest suppressions list` writes them |
| `summaries.jsonl` | the published summaries, as `digest summaries export` writes them |
| `issues.jsonl` | the past issues, as `digest issues export` writes them |
| `feeds.opml` | the feeds that are watched, as `digest feeds export` writes them |
| `keys/` | unless they were left out: the key that signs links, and the one that hashes addresses |

In `tables/`, moments are ISO 8601 in UTC, dates ISO 8601, bytes base64. The files beside it hold nothing more; they are
for people and for other programs.

`digest import FOLDER` makes the same site of it in an empty place. That place needs the same `SUPPRESSION_KEY`, or no
suppressed address is known, and the same `SECRET_KEY`, or no link in a message that was sent works. If `keys/` is not
here, carry them over by hand: they are in the settings, or in the files `suppression_key` and `secret_key` of the old
installation's folder.

Not in it, since no other machine has a use for them:

{left_out}

The columns {emptied} are empty for the same reason. Logos and texts of the desk are in `tables/branding.jsonl`;
settings (`.env`) and the journal of those who left are files of the machine, and not of the site.
"""


def readme() -> str:
    """The page, in Markdown."""
    emptied = ", ".join(f"`{table}.{name}`" for table, names in EMPTIED.items() for name in sorted(names))
    left_out = "\n".join(f"- `{name}`: {reason}" for name, reason in sorted(LEFT_OUT.items()))
    return _PAGE.format(left_out=left_out, emptied=emptied)
