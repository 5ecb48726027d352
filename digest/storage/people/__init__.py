"""Editors, and who of them is signed in."""
