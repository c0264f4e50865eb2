//! What Kinora remembers, in redb; the only module that names it.
