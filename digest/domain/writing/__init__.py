"""From what editors type, paste or bring to our few elements: Markdown (`dialect`, `pasted`) and any HTML (`tidying`).

Ask `markup`; the rest serves it.
"""
