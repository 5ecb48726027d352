"""Messages and the world they go to: their subject, text and HTML, and the transports that carry them.

Knows templates, mail clients and SendGrid; knows no database and no HTTP request. Ask `rendering` for any message
that we send; everything arrives as values, and comes back as values.
"""
