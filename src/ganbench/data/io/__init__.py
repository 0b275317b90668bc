"""Read and write pictures and archives."""
