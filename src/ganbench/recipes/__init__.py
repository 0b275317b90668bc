"""Every recipe that ganbench comes with: one file per paper family, one function per recipe."""
