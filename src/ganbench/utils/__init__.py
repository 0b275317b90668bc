"""Small general pieces; they import nothing of ganbench but its errors."""
