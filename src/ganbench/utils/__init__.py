"""Small general-purpose helpers that import nothing from ganbench except its errors."""
