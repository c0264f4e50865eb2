//! Weights: the manifest, where they are sought, and whether they are what they say.
