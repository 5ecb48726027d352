"""The week's issue on the desk: choosing, ordering, previews, and what is done with it; the link that holds it."""
