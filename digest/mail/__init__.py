"""Messages and the world they go to: their subject, text and HTML, and the transports that carry them.

Knows templates, mail clients and SendGrid; knows no database and no HTTP request. Ask `message.rendering` for any
message that we send, `transports` for what carries it; everything arrives as values, and comes back as values.
"""
