"""The protocols that come with the program: one TOML file each, no code."""
