"""The commands, a file a group. Each loads what it works with only when it runs: --help answers at once."""
