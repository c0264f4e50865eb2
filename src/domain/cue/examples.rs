//! Examples that a subtitle editor would accept, in ten languages.
