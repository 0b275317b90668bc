"""The dashboard and the playground: what a browser shows of a folder of runs, read-only and on this machine."""
