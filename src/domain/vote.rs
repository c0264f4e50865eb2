//! The language of a film by vote over several windows.
