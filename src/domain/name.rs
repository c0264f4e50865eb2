//! Names of the files we write, as Jellyfin labels them rightly (PROTOCOLS.md 1.4) or as the factory did (P-20).
