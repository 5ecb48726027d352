"""Rules of sources and leads: their states, addresses that mean the same page, which leads are one story."""
