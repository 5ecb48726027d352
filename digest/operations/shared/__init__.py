"""What several subjects need and none owns: links, refusals, CSV as people have it, waiting.

May ask storage, mail and domain; no subject.
"""
