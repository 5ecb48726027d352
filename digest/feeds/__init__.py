"""The feeds’ world: strangers' feeds and pages, from their address to plain values. It knows no database."""
