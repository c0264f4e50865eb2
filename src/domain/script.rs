//! Chinese in the script that was asked for.
